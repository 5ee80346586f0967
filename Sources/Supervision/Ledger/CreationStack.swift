internal import CLinux
internal import Diagnosis
internal import Machine
internal import ModuleFiles
internal import Processes
internal import Symbolication
internal import Targets
internal import Unwinding

/// The stack of a thread at a moment that has passed: what is needed to walk it was copied, and it is walked and named
/// when somebody wants to read it.
package final class CreationStack: @unchecked Sendable {
  private let image: ProcessImage
  private let copied: CopiedMemory
  private let finder: FileFinder
  private var investigation: Investigation?

  /// How much of a stack is kept, in bytes.
  private static let keptSize: UInt64 = 64 << 10

  /// - Parameters:
  ///   - image: of the process, as it was when it was last looked at; its threads are left out.
  ///   - registers: NT_PRSTATUS's bytes of the thread, which stands still.
  init?(_ image: ProcessImage, thread: Int32, registers: [UInt8], stackPointer: UInt64, finder: FileFinder) {
    var image = image
    image.threads = [LiveThread(tid: thread, hostID: thread, registers: registers)]
    do throws(ProcessError) {
      copied = try CopiedMemory(process: image.process)
    } catch {
      return nil
    }
    let start = stackPointer &- min(stackPointer, 128)
    let (end, overflow) = stackPointer.addingReportingOverflow(Self.keptSize)
    guard !overflow, let mapping = image.mappings.entry(containing: stackPointer) else { return nil }
    copied.copy(PageRanges([start..<min(end, mapping.end)]), limit: Self.keptSize + 8192)
    self.image = image
    self.finder = finder
  }

  /// The functions, innermost first, each with its place in the source where that is known: "make_workers (pool.c:41)".
  package var frames: [String] { walked.map(\.text) }

  private lazy var walked: [(pc: UInt64, text: String)] = {
    guard let investigation = examined() else { return [] }
    let frames = investigation.walk(ofThread: 0).frames.prefix(32)
    let resolutions = investigation.names.resolve(frames.map(\.lookupAddress))
    return zip(frames, resolutions).map {
      ($0.pc, Self.text($1, address: $0.lookupAddress, investigation.target))
    }
  }()

  /// The frames from the one on that the call returns to; that one alone where the walk missed it.
  package func frames(from returnAddress: UInt64) -> [String] {
    guard returnAddress != 0, let investigation = examined() else { return ownFrames }
    if let index = walked.firstIndex(where: { $0.pc == returnAddress }) { return walked[index...].map(\.text) }
    let resolution = investigation.names.resolve([returnAddress &- 1]).first ?? .none
    return [Self.text(resolution, address: returnAddress, investigation.target)]
  }

  /// The frames without libc's own: what the program did.
  package var ownFrames: [String] {
    let calls = [
      "pthread_create", "thrd_create", "pthread_join", "pthread_detach", "pthread_t", "thrd_join", "thrd_detach",
    ]
    // Names of libc's own symbols begin with underscores, or have a version.
    let last = frames.prefix(8).lastIndex { frame in
      let name = frame.drop { $0 == "_" }
      return calls.contains { name.hasPrefix($0) } || name.hasPrefix("GI_") || name.hasPrefix("clone")
        || name.hasPrefix("create_thread")
    }
    guard let last, last + 1 < frames.count else { return frames }
    return Array(frames[(last + 1)...])
  }

  /// What a function is called.
  package func name(of address: UInt64) -> String? {
    guard address != 0, let investigation = examined() else { return nil }
    let resolution = investigation.names.resolve([address]).first ?? .none
    return resolution.symbol.map { $0.name.text(.short) }
  }

  private func examined() -> Investigation? {
    if let investigation { return investigation }
    do throws(ProcessError) {
      let target = try LiveTarget(image: image, copied: copied, finder: finder)
      investigation = Investigation(target: target, finder: finder)
    } catch {
      return nil
    }
    return investigation
  }

  private static func text(_ resolution: Resolution, address: UInt64, _ target: any Target) -> String {
    let module = resolution.module.flatMap { target.modules.indices.contains($0) ? target.modules[$0].name : nil }
    guard let symbol = resolution.symbol else {
      return "0x" + String(address, radix: 16) + (module.map { " (\($0))" } ?? "")
    }
    let name = symbol.name.text(.short)
    if let place = resolution.location, place.line > 0 { return "\(name) (\(place.fileName):\(place.line))" }
    return name + (module.map { " (\($0))" } ?? "")
  }
}
