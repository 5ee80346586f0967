internal import Bytes
package import Machine
package import ModuleFiles
package import Targets

/// A process, stopped or as it was when it was stopped: what a ``CoreTarget`` is of a core, and read by the same code.
package final class LiveTarget: Target {
  /// What the core of the process would give.
  private let core: CoreTarget
  package let threads: [ThreadState]
  package let isRunning: Bool
  /// What found the modules' files; it finds their debug files, too.
  package var finder: FileFinder { core.finder }
  /// Where memory is read that was not copied, of a process that goes on; nil where it stands still.
  private let remaining: RemainingMemory?
  private let ownShortfalls: [Shortfall]

  package var architecture: Architecture { core.architecture }
  package let process: ProcessDescription
  package var signal: SignalInfo? { core.signal }
  package var mappings: [Mapping] { core.mappings }
  package var modules: [Module] { core.modules }
  package var memory: any TargetMemory { core.memory }
  package var auxiliaryVector: AuxiliaryVector { core.auxiliaryVector }
  package var codePointerMask: UInt64 { core.codePointerMask }
  package func moduleIndex(containing address: UInt64) -> Int? { core.moduleIndex(containing: address) }
  package func thread(_ tid: Int32) -> ThreadState? { threads.first { $0.tid == tid } }
  /// Register sets of a thread besides its general registers.
  package func registerNotes(of tid: Int32) -> [RegisterNote] { core.registerNotes(of: tid) }

  /// A process whose threads all stand still, and stay so while this is used.
  ///
  /// - Parameters:
  ///   - image: its threads, the signalled one with the signal and its `siginfo_t`.
  ///   - memory: its memory.
  ///   - finder: see ``ProcessFiles``.
  /// - Throws: ``ProcessError/contradiction(_:)`` where what /proc says makes no sense.
  package convenience init(
    stopped image: ProcessImage, memory: ProcessMemory, finder: FileFinder
  ) throws(ProcessError) {
    memory.invalidate(extents: image.readable.map { $0.start..<$0.end })
    try self.init(image, copied: CopiedMemory(process: image.reader), beyond: memory, finder: finder, isRunning: false)
  }

  /// A process that has gone on.
  ///
  /// - Parameters:
  ///   - copied: what was copied of its memory while it stood still.
  ///   - shortfalls: what could not be had.
  package convenience init(
    image: ProcessImage, copied: CopiedMemory, finder: FileFinder, shortfalls: [Shortfall] = []
  ) throws(ProcessError) {
    let memory = ProcessMemory(process: image.reader, extents: image.readable.map { $0.start..<$0.end })
    try self.init(
      image, copied: copied, beyond: RemainingMemory(memory, mappings: image.mappings), finder: finder, isRunning: true,
      shortfalls: shortfalls)
  }

  private init(
    _ image: ProcessImage, copied: CopiedMemory, beyond: any TargetMemory, finder: FileFinder, isRunning: Bool,
    shortfalls: [Shortfall] = []
  ) throws(ProcessError) {
    guard let bytes = copied.core(image) else { throw .noMemory(errno: 12) }
    do throws(CoreError) {
      core = try CoreTarget(bytes, finder: finder, beyond: beyond)
    } catch {
      throw .contradiction(image.process)
    }
    let names = Dictionary(image.threads.map { ($0.tid, $0.name) }) { first, _ in first }
    threads = core.threads.map { thread in
      var thread = thread
      thread.name = names[thread.tid] ?? thread.name
      return thread
    }
    var process = core.process
    // A program that was started by such a link is not called "exe".
    if process.executablePath?.hasPrefix("/proc/") ?? true, let path = core.modules.first?.path, path.hasPrefix("/") {
      process.executablePath = path
    }
    self.process = process
    remaining = beyond as? RemainingMemory
    ownShortfalls = shortfalls
    self.isRunning = isRunning
    // What the modules were found by is checked against their files.
    remaining?.beginNoting()
  }

  /// What was read of memory that the process may have written to since it went on: it need not go together with the rest.
  package var readLate: PageRanges { remaining?.readLate ?? PageRanges() }

  package var shortfalls: [Shortfall] {
    var all = ownShortfalls + core.shortfalls
    let late = readLate.size
    if late > 0 {
      all.append(
        Shortfall(
          what: "\((late + 1023) / 1024) KiB of memory were read after the process had gone on",
          cost: "what they hold may be newer than the stacks"))
    }
    return all
  }
}
