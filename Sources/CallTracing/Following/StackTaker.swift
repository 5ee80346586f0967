internal import CLinux
internal import Diagnosis
internal import Machine
internal import ModuleFiles
internal import Processes
internal import Symbolication
package import SystemCalls
internal import Synchronization
internal import Targets
package import Tracing
internal import Unwinding

/// Walks the stacks of stopped threads, and keeps each that is unlike the others once.
///
/// What is needed to walk, the modules and their call frame information, is gathered once a process, and again when code
/// is met that was not there before. Names are looked up when a stack is new: the process may be gone later.
package final class StackTaker {
  private struct Context {
    let target: LiveTarget
    let memory: ProcessMemory
    let unwinder: Unwinder
    let names: Symbolicator
    /// Bytes of `/proc/PID/maps` when it was made, as a fingerprint.
    let mappings: Int
  }

  private let table: StackTable
  private var contexts: [Int32: Context] = [:]
  /// Frames of a stack.
  private static let deepest = 48

  package init(_ table: StackTable) { self.table = table }

  /// The process has new memory.
  func executed(_ process: Int32) { contexts[process] = nil }
  func ended(_ process: Int32) { contexts[process] = nil }

  /// The number of a stopped thread's stack; 0 where it cannot be walked.
  package func take(_ stopped: borrowing StoppedThread) -> Int32 {
    guard let registers = stopped.userRegisters() else { return 0 }
    return take(registers.registers, of: stopped.process, by: stopped.thread)
  }

  /// The number of the stack that these registers begin.
  func take(_ registers: RegisterSet, of process: Int32, by thread: Int32) -> Int32 {
    guard var context = context(process, thread) else { return 0 }
    var frames = walk(registers, context)
    let isKnown = frames.allSatisfy { context.names.moduleIndex(containing: $0.lookupAddress) != nil }
    if !isKnown || frames.count < 2, Self.fingerprint(process) != context.mappings {
      contexts[process] = nil
      guard let new = self.context(process, thread) else { return 0 }
      context = new
      frames = walk(registers, context)
    }
    guard !frames.isEmpty else { return 0 }
    let addresses = frames.map(\.lookupAddress)
    return table.number(of: addresses, in: process, context.mappings) {
      zip(addresses, context.names.resolve(addresses)).map { Self.text($1, address: $0, context.target) }
    }
  }

  private func walk(_ registers: RegisterSet, _ context: Context) -> [Frame] {
    context.memory.invalidate()
    var frames: [Frame] = []
    context.unwinder.visit(registers) { frame, _ in
      frames.append(frame)
      return frames.count < Self.deepest
    }
    return frames
  }

  private func context(_ process: Int32, _ thread: Int32) -> Context? {
    if let known = contexts[process] { return known }
    guard let facts = ProcessFacts.ofProcess(process) else { return nil }
    do throws(ProcessError) {
      let mappings = Self.fingerprint(process)
      let image = try ProcessImage(process: process, reader: thread, facts: facts, threads: [])
      let finder = ProcessFiles.finder(of: process)
      let target = try LiveTarget(stopped: image, memory: ProcessMemory(process: process), finder: finder)
      let memory = ProcessMemory(process: process)
      let context = Context(
        target: target, memory: memory,
        unwinder: Unwinder(
          architecture: target.architecture, modules: UnwindModule.all(of: target, finder: finder), memory: memory,
          codePointerMask: target.codePointerMask),
        names: Symbolicator(modules: target.modules, finder: finder, memory: target.memory), mappings: mappings)
      contexts[process] = context
      return context
    } catch {
      return nil
    }
  }

  private static func fingerprint(_ process: Int32) -> Int { (ProcFile.text("/proc/\(process)/maps") ?? "").hashValue }

  private static func text(_ resolution: Resolution, address: UInt64, _ target: LiveTarget) -> String {
    let module = resolution.module.flatMap { target.modules.indices.contains($0) ? target.modules[$0].name : nil }
    guard let symbol = resolution.symbol else {
      return "0x" + String(address, radix: 16) + (module.map { " (\($0))" } ?? "")
    }
    let name = symbol.name.text(.short)
    if let place = resolution.location, place.line > 0 { return "\(name) (\(place.fileName):\(place.line))" }
    return name + (module.map { " (\($0))" } ?? "")
  }
}

/// All stacks that were met, each once. Filled by the tracer, read by the writer.
package final class StackTable: StackNames, StackFrames, Sendable {
  private struct Key: Hashable {
    let process: Int32
    let mappings: Int
    let addresses: [UInt64]
  }

  private struct State {
    var numbers: [Key: Int32] = [:]
    var byText: [[String]: Int32] = [:]
    var frames: [[String]] = []
    var shown: Set<Int32> = []
  }

  private let state = Mutex(State())
  /// No more different ones than this are kept.
  private static let most = 200_000

  package init() {}

  /// The number of a stack, from 1; 0 where there are too many.
  func number(of addresses: [UInt64], in process: Int32, _ mappings: Int, name: () -> [String]) -> Int32 {
    let key = Key(process: process, mappings: mappings, addresses: addresses)
    if let known = state.withLock({ $0.numbers[key] }) { return known }
    let frames = name()
    return state.withLock { state in
      if state.numbers.count >= Self.most { state.numbers.removeAll() }
      // Other processes that run the same program have the same stacks elsewhere.
      if let known = state.byText[frames] {
        state.numbers[key] = known
        return known
      }
      guard state.frames.count < Self.most else { return 0 }
      state.frames.append(frames)
      let number = Int32(state.frames.count)
      state.numbers[key] = number
      state.byText[frames] = number
      return number
    }
  }

  package func frames(_ stack: Int32) -> [String] {
    state.withLock { $0.frames.indices.contains(Int(stack) - 1) ? $0.frames[Int(stack) - 1] : [] }
  }

  package func append(_ stack: Int32, to text: inout CallText) {
    let (frames, isNew) = state.withLock { state -> ([String], Bool) in
      let frames = state.frames.indices.contains(Int(stack) - 1) ? state.frames[Int(stack) - 1] : []
      return (frames, state.shown.insert(stack).inserted)
    }
    text.append("    stack ")
    text.append(signed: Int64(stack))
    text.append(isNew ? "\n" : ", as above\n")
    guard isNew else { return }
    for frame in frames {
      text.append("      ")
      text.append(bytes: frame.utf8.map { $0 >= 0x20 && $0 < 0x7f ? $0 : 0x3f })
      text.append("\n")
    }
  }
}
