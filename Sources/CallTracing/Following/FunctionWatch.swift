internal import CLinux
internal import Machine
internal import Processes
internal import Synchronization
internal import SystemCalls
internal import Tracing

/// Watches calls of library functions by breakpoints on them, in every process and in what it loads later.
///
/// A function's return is seen by a second breakpoint where it returns to, while somebody waits for that.
package final class FunctionWatch {
  private let breakpoints: Breakpoints
  /// How threads go on.
  private let onward: StoppedThread.Resumption
  private let selection: FunctionSelection
  private let search: FunctionSearch
  private let table: FunctionTable
  private let queue: RecordQueue
  private let stacks: StackTaker?
  private let limits: CallLimits
  private var processes: [Int32: Watched] = [:]

  /// A process's functions by address, and calls that have not returned.
  private struct Watched {
    var functions: [UInt64: Int32] = [:]
    /// Where the dynamic linker goes when it has loaded something.
    var linker: UInt64?
    var calls: [Int32: [Pending]] = [:]
    var returns: [UInt64: Int] = [:]
  }

  private struct Pending {
    let index: Int32
    let returnAddress: UInt64
    let stackAfter: UInt64
  }

  /// Calls within calls of one thread that are remembered.
  private static let deepest = 256

  init(
    _ selection: FunctionSelection, table: FunctionTable, queue: RecordQueue, stacks: StackTaker?, limits: CallLimits,
    onward: StoppedThread.Resumption = .run
  ) {
    breakpoints = Breakpoints(onward: onward)
    self.onward = onward
    self.selection = selection
    self.table = table
    self.queue = queue
    self.stacks = stacks
    self.limits = limits
    search = FunctionSearch(selection)
  }

  var isEmpty: Bool { breakpoints.isEmpty }

  /// What a stop was.
  enum Answer: ~Copyable {
    case notOurs(StoppedThread)
    /// It was theirs, and the thread has gone on.
    case done
  }

  // MARK: Processes

  func born(_ identity: TraceEvent.Identity, creator: Int32?) {
    guard identity.thread == identity.process, let creator, let parent = owner(of: creator) else { return }
    breakpoints.born(identity.process, of: parent)
    guard let watched = processes[parent] else { return }
    processes[identity.process] = Watched(
      functions: watched.functions, linker: watched.linker, returns: watched.returns)
    // The child returns from what its parent's thread had called.
    if let calls = watched.calls[creator] { processes[identity.process]?.calls[identity.thread] = calls }
  }

  private var owners: [Int32: Int32] = [:]

  private func owner(of thread: Int32) -> Int32? { owners[thread] ?? (processes[thread] == nil ? nil : thread) }

  func attached(_ identity: TraceEvent.Identity) {
    guard processes[identity.process] == nil else { return }
    processes[identity.process] = Watched()
    scan(identity.process, by: identity.thread)
  }

  func executed(_ identity: TraceEvent.Identity) {
    breakpoints.executed(identity.process)
    processes[identity.process] = Watched()
    scan(identity.process, by: identity.thread)
  }

  func ended(_ identity: TraceEvent.Identity) {
    owners[identity.thread] = nil
    breakpoints.endedThread(identity.thread)
    processes[identity.process]?.calls[identity.thread] = nil
  }

  func ended(process: Int32) {
    breakpoints.ended(process)
    processes[process] = nil
  }

  func leave(_ process: Int32, by thread: Int32) -> Bool { breakpoints.leave(process, by: thread) }

  /// Looks for the functions in all that a process has mapped now.
  private func scan(_ process: Int32, by thread: Int32) {
    guard var watched = processes[process] else { return }
    let found = search.search(process)
    for (address, name) in found.functions where watched.functions[address] == nil {
      if breakpoints.insert(address, in: process, by: thread) { watched.functions[address] = table.index(of: name) }
    }
    if watched.linker == nil, let linker = found.linker, breakpoints.insert(linker, in: process, by: thread) {
      watched.linker = linker
    }
    processes[process] = watched
  }

  // MARK: Stops

  func take(_ stop: WaitReport.Stop, _ stopped: consuming StoppedThread, _ identity: TraceEvent.Identity) -> Answer {
    owners[identity.thread] = identity.process
    switch breakpoints.take(stop, stopped) {
    case .notOurs(let same): return .notOurs(same)
    case .signal(let number, let thread):
      thread.resume(onward, delivering: number)
      return .done
    case .hit(let hit, let thread):
      take(hit, identity)
      breakpoints.resume(thread, over: hit)
      return .done
    case .done: return .done
    }
  }

  private func take(_ hit: Breakpoints.Hit, _ identity: TraceEvent.Identity) {
    let process = identity.process
    if hit.address == processes[process]?.linker { scan(process, by: identity.thread) }
    if processes[process]?.returns[hit.address] != nil { returned(hit, identity) }
    if let index = processes[process]?.functions[hit.address] { called(index, hit, identity) }
  }

  private func called(_ index: Int32, _ hit: Breakpoints.Hit, _ identity: TraceEvent.Identity) {
    let registers = hit.registers
    var arguments = InlineArray<6, UInt64>(repeating: 0)
    for index in 0..<6 { arguments[index] = registers.argument(index) ?? 0 }
    let stack = stacks.map { stacks in
      var words = UserRegisters(.host)
      for (index, byte) in registers.bytes.enumerated() where index / 8 < 34 {
        words.words[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8)
      }
      return stacks.take(words.registers, of: identity.process, by: identity.thread)
    }
    let kinds = FunctionSignatures.arguments(table.name(index))
    let time = inquest_nanoseconds()
    queue.add { batch in
      let first = batch.pieces.count
      for argument in 0..<min(kinds?.count ?? 4, 6) {
        copyText(arguments[argument], kinds?[argument], identity.process, &batch)
      }
      let captured = TraceRecord.Captured(
        first: Int32(clamping: first), count: Int32(clamping: batch.pieces.count - first))
      batch.records.append(
        TraceRecord(
          time: time, thread: identity.thread, process: identity.process,
          kind: .function(index: index, arguments: arguments, captured: captured, stack: stack ?? 0)))
    }
    awaitReturn(index, registers, identity)
  }

  private func awaitReturn(_ index: Int32, _ registers: RegisterWords, _ identity: TraceEvent.Identity) {
    let process = identity.process
    guard let address = registers.returnAddress(of: process), address != 0,
      (processes[process]?.calls[identity.thread]?.count ?? 0) < Self.deepest
    else { return }
    if processes[process]?.returns[address] == nil {
      guard breakpoints.insert(address, in: process, by: identity.thread) else { return }
    }
    processes[process]?.returns[address, default: 0] += 1
    processes[process]?.calls[identity.thread, default: []].append(
      Pending(index: index, returnAddress: address, stackAfter: registers.stackPointerAfterReturn))
  }

  private func returned(_ hit: Breakpoints.Hit, _ identity: TraceEvent.Identity) {
    let process = identity.process
    // What lies deeper was left by longjmp or an exception.
    while let last = processes[process]?.calls[identity.thread]?.last, last.stackAfter < hit.registers.stackPointer {
      processes[process]?.calls[identity.thread]?.removeLast()
      release(last, process, identity.thread)
    }
    guard let last = processes[process]?.calls[identity.thread]?.last, last.returnAddress == hit.address,
      last.stackAfter == hit.registers.stackPointer
    else { return }
    processes[process]?.calls[identity.thread]?.removeLast()
    release(last, process, identity.thread)
    let value = hit.registers.result
    let kind = FunctionSignatures.result(table.name(last.index))
    let time = inquest_nanoseconds()
    queue.add { batch in
      let first = batch.pieces.count
      if kind == .text { copyText(value, kind, process, &batch) }
      let captured = TraceRecord.Captured(
        first: Int32(clamping: first), count: Int32(clamping: batch.pieces.count - first))
      batch.records.append(
        TraceRecord(
          time: time, thread: identity.thread, process: process,
          kind: .functionReturned(index: last.index, value: value, captured: captured)))
    }
  }

  /// Takes a return's breakpoint away when nobody waits for it any more.
  private func release(_ pending: Pending, _ process: Int32, _ thread: Int32) {
    guard let count = processes[process]?.returns[pending.returnAddress] else { return }
    // It stays where it is: it costs a stop only where the caller goes on, and the next call needs it again.
    processes[process]?.returns[pending.returnAddress] = max(0, count - 1)
  }

  private func copyText(_ address: UInt64, _ kind: FunctionText.Kind?, _ process: Int32, _ batch: inout RecordBatch) {
    guard kind == nil || kind == .text, address > 4096 else { return }
    let wanted = min(limits.text + 1, 4096 - Int(address % 4096))
    let start = batch.bytes.count
    var got = MemoryReader().append(process, address, wanted, to: &batch.bytes)
    if got == wanted, wanted < limits.text + 1, !batch.bytes[start...].contains(0) {
      got += MemoryReader().append(process, address &+ UInt64(wanted), limits.text + 1 - wanted, to: &batch.bytes)
    }
    if got > 0 { batch.pieces.append(.init(address: address, offset: start, count: got, moment: .entry)) }
  }
}

/// The names of watched functions by number.
package final class FunctionTable: FunctionNames, Sendable {
  private let names = Mutex<(names: [String], numbers: [String: Int32])>(([], [:]))

  package init() {}

  func index(of name: String) -> Int32 {
    names.withLock { names in
      if let known = names.numbers[name] { return known }
      names.names.append(name)
      let index = Int32(clamping: names.names.count - 1)
      names.numbers[name] = index
      return index
    }
  }

  package func name(_ index: Int32) -> String {
    names.withLock { $0.names.indices.contains(Int(index)) ? $0.names[Int(index)] : "function \(index)" }
  }
}
