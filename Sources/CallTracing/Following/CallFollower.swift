internal import CLinux
internal import Processes
package import SystemCalls
package import Tracing

/// Follows a program and all that it makes, and writes down its system calls, for somebody else to make words of.
///
/// It lives on the thread that traces. Between a stop and the thread's going on it does as little as can be: it asks the
/// kernel once which call it is, copies what the call refers to, and appends both to a batch.
package final class CallFollower {
  let tracer: Tracer
  let queue: RecordQueue
  let options: FollowOptions
  let table: CallTable
  let stacks: StackTaker?
  var functions: FunctionWatch?
  private var threads: [Int32: ThreadProgress] = [:]
  /// All threads that are followed.
  private var alive: Set<Int32> = []
  /// Whether the kernel stops only for the calls that were asked for: then threads run freely between them.
  private let isFiltered: Bool
  private let demand: MemoryDemand<MemoryReader>
  /// By number, whether a call is watched.
  private let isWatched: [Bool]
  /// Whether the program runs: before, it is we who look for it in PATH.
  private var isBegun: Bool
  /// Whether all that is followed is being let go.
  private var isLeaving = false
  /// Whether everybody who is left is being killed.
  private var isEnding = false
  private var keeper: ProcessorKeeper
  /// Called for every end of a process.
  package var processEnded: ((Int32, TraceEvent.End) -> Void)?

  /// Numbers of calls that never come back: exit, exit_group, rt_sigreturn.
  private let withoutExit: Set<Int>
  private let closing: Set<Int>

  /// - Parameter isFiltered: whether a seccomp filter was installed in the program that the tracer starts.
  package init(
    _ tracer: Tracer, queue: RecordQueue, options: FollowOptions, table: CallTable, isFiltered: Bool,
    stacks: StackTaker? = nil, functions: FunctionWatch? = nil, isBegun: Bool = false
  ) {
    self.isBegun = isBegun
    self.tracer = tracer
    self.queue = queue
    self.options = options
    self.table = table
    self.isFiltered = isFiltered
    self.stacks = stacks
    self.functions = functions
    demand = MemoryDemand(table, limits: options.limits, reader: MemoryReader())
    let calls = options.calls.map { $0.union(FollowOptions.needed(options, table)) }
    let shown = isFiltered ? calls.flatMap { ProcessorKeeper.needed(besides: $0, table) } : []
    keeper = ProcessorKeeper(table, isAllowed: shown != nil && !isBegun)
    isWatched = (0..<1024).map { calls?.contains($0) ?? true }
    withoutExit = Set(["exit", "exit_group", "rt_sigreturn"].compactMap(table.number))
    closing = Set(["close", "dup2", "dup3", "close_range"].compactMap(table.number))
  }

  /// Whether a call is written down.
  private func watches(_ number: Int) -> Bool {
    isWatched.indices.contains(number) ? isWatched[number] : options.calls == nil
  }

  /// Follows until nobody is left.
  ///
  /// - Throws: ``TracingError`` where the kernel refuses to wait.
  package func run() throws(TracingError) {
    while var occurrence = try tracer.next() {
      take(occurrence.event, occurrence.stopped.take())
    }
  }

  /// Follows until nobody is left, or `leaves` says that all are to be let go; it is asked when a signal came, and now
  /// and then.
  ///
  /// - Throws: ``TracingError`` where the kernel refuses to wait.
  package func run(until leaves: () -> Bool) throws(TracingError) {
    while true {
      tracer.mayLook = !keeper.isHolding
      switch try tracer.next(timeout: keeper.isHolding ? ProcessorKeeper.patience : .seconds(1)) {
      case .occurrence(var occurrence): take(occurrence.event, occurrence.stopped.take())
      case .nothingYet:
        keeper.rest(now: inquest_nanoseconds())
        // A thread may have been asked to stop in the middle of a step over a breakpoint, and have gone on.
        if isLeaving { for thread in alive { tracer.interrupt(thread: thread) } }
      case .nothingLeft: return
      }
      if !isLeaving, leaves() { leave() }
    }
  }

  /// Lets everybody go: each thread when it stands still next, which it is asked to do.
  private func leave() {
    isLeaving = true
    for thread in alive { tracer.interrupt(thread: thread) }
  }

  /// Kills whoever is left.
  func endAll() {
    isEnding = true
    for thread in alive { _ = inquest_kill(thread, 9) }
  }

  /// How a thread goes on that is in no call that is watched.
  private func onward(_ thread: Int32) -> StoppedThread.Resumption {
    isFiltered ? (threads[thread]?.isInside == true ? .untilSystemCall : .run) : .untilSystemCall
  }

  /// Takes one event.
  package func take(_ event: TraceEvent, _ stopped: consuming StoppedThread?) {
    switch event {
    case .stopped(let identity, let stop):
      guard let stopped else { return }
      takeStop(identity, stop, stopped)
      return
    case .born(let identity, let creator, _):
      keeper.release()
      alive.insert(identity.thread)
      // It was born before the others were killed, and is told of only now.
      if isEnding { _ = inquest_kill(identity.process, 9) }
      add(identity.thread, identity.process, .born(creator: creator))
      functions?.born(identity, creator: creator)
    case .attached(let identity):
      alive.insert(identity.thread)
      add(identity.thread, identity.process, .attached)
      functions?.attached(identity)
      if options.watchesFiles, identity.thread == identity.process { noteOpenFiles(identity, .before) }
    case .creation(let identity, let child, _):
      keeper.created(child, by: identity.thread)
      add(identity.thread, identity.process, .creation(child: child))
    case .executed(let identity, let former):
      keeper.executed(former, as: identity.thread)
      if former != identity.thread {
        threads[identity.thread] = threads.removeValue(forKey: former)
        alive.remove(former)
      }
      alive.insert(identity.thread)
      isBegun = true
      add(
        identity.thread, identity.process,
        .executed(former: former, program: ProcFile.link("/proc/\(identity.process)/exe") ?? "an unknown program"))
      stacks?.executed(identity.process)
      functions?.executed(identity)
    case .ended(let identity, let end):
      keeper.forget(identity.thread)
      threads[identity.thread] = nil
      alive.remove(identity.thread)
      functions?.ended(identity)
      add(identity.thread, identity.process, .ended(end))
    case .processEnded(let process, let end):
      keeper.forget(process: process)
      stacks?.ended(process)
      functions?.ended(process: process)
      add(process, process, .processEnded(end))
      processEnded?(process, end)
    }
    if let stopped { goOn(stopped) }
  }

  private func takeStop(
    _ identity: TraceEvent.Identity, _ stop: WaitReport.Stop, _ stopped: consuming StoppedThread
  ) {
    var stopped = stopped
    if let functions, !functions.isEmpty {
      switch functions.take(stop, stopped, identity) {
      case .notOurs(let same): stopped = same
      case .done: return
      }
    }
    switch stop {
    case .systemCall, .seccomp:
      let how = takeCall(stopped, identity) ?? onward(identity.thread)
      if isLeaving { goOn(stopped) } else { stopped.resume(how) }
      return
    case .signal(let number): noteSignal(number, stopped, identity)
    case .group(let signal): add(identity.thread, identity.process, .groupStop(signal))
    case .exiting: if options.watchesFiles, identity.thread == identity.process { noteOpenFiles(identity, .atEnd) }
    default: break
    }
    goOn(stopped)
  }

  /// Lets a thread go on, or go for good.
  private func goOn(_ stopped: consuming StoppedThread) {
    if isLeaving {
      if let functions, !functions.leave(stopped.process, by: stopped.thread) { return stopped.resume(.run) }
      if options.watchesFiles, stopped.thread == stopped.process {
        noteOpenFiles(.init(thread: stopped.thread, process: stopped.process), .left)
      }
      return stopped.detach()
    }
    let how = onward(stopped.thread)
    stopped.resume(how)
  }

  /// The entry or the exit of a system call. Returns how the thread goes on.
  private func takeCall(_ stopped: borrowing StoppedThread, _ identity: TraceEvent.Identity)
    -> StoppedThread.Resumption?
  {
    guard let call = stopped.systemCall() else { return nil }
    keeper.stopped(identity.thread, now: inquest_nanoseconds())
    switch call.phase {
    case .entry(let number, let arguments):
      return enter(number, arguments, call, stopped, identity)
    case .seccomp(let number, let arguments, _):
      return enter(number, arguments, call, stopped, identity)
    case .exit(let result, let isError):
      leave(result, isError, identity)
      return isFiltered ? .run : .untilSystemCall
    }
  }

  private func enter(
    _ number: Int, _ arguments: InlineArray<6, UInt64>, _ call: SystemCallStop, _ stopped: borrowing StoppedThread,
    _ identity: TraceEvent.Identity
  ) -> StoppedThread.Resumption {
    guard call.isNative else {
      keeper.release()
      if options.calls == nil { add(identity.thread, identity.process, .foreign(number: number)) }
      return isFiltered ? .run : .untilSystemCall
    }
    let isWatched = isBegun && watches(number)
    let returns = !withoutExit.contains(number)
    if options.watchesFiles, closing.contains(number) { noteClosing(number, arguments, identity) }
    keeper.enters(number, in: identity.process, isPathKnown: isWatched)
    guard isWatched else {
      threads[identity.thread, default: ThreadProgress()].isInside = returns && !isFiltered
      return isFiltered ? .run : .untilSystemCall
    }
    let stack = stacks?.take(stopped) ?? 0
    let signature = table.signature(number)
    let time = inquest_nanoseconds()
    queue.add { batch in
      let captured = capture(number, arguments, .unfinished, signature, .entry, identity.process, &batch)
      batch.records.append(
        TraceRecord(
          time: time, thread: identity.thread, process: identity.process,
          kind: .entry(number: number, arguments: arguments, captured: captured, stack: stack)))
      if keeper.wantsPath(number) {
        keeper.opens(batch.start(captured), by: number, arguments[0], in: identity.process)
      }
    }
    threads[identity.thread] = ThreadProgress(
      number: returns ? number : ThreadProgress.none, arguments: arguments, isInside: returns)
    return returns || !isFiltered ? .untilSystemCall : .run
  }

  private func leave(_ result: Int64, _ isError: Bool, _ identity: TraceEvent.Identity) {
    guard let place = threads.index(forKey: identity.thread) else { return }
    let progress = threads.values[place]
    guard progress.isInside else { return }
    threads.values[place].isInside = false
    guard progress.number != ThreadProgress.none else { return }
    threads.values[place].number = ThreadProgress.none
    let signature = table.signature(progress.number)
    let time = inquest_nanoseconds()
    queue.add { batch in
      let captured = capture(
        progress.number, progress.arguments, CallOutcome(result: result, isError: isError), signature, .exit,
        identity.process, &batch)
      batch.records.append(
        TraceRecord(
          time: time, thread: identity.thread, process: identity.process,
          kind: .exit(result: result, isError: isError, captured: captured)))
    }
  }

  /// Copies the memory that a call shows.
  private func capture(
    _ number: Int, _ arguments: InlineArray<6, UInt64>, _ outcome: CallOutcome, _ signature: CallSignature?,
    _ moment: CallMoment, _ process: Int32, _ batch: inout RecordBatch
  ) -> TraceRecord.Captured {
    guard let signature, moment == .entry ? signature.readsAtEntry : signature.readsAtExit && outcome.isValue else {
      return .none
    }
    let first = batch.pieces.count
    demand.capture(
      ObservedCall(number: number, arguments: arguments, outcome: outcome), signature, moment, of: process,
      into: &batch.bytes, &batch.pieces)
    return TraceRecord.Captured(first: Int32(clamping: first), count: Int32(clamping: batch.pieces.count - first))
  }

  private func noteSignal(_ number: Int32, _ stopped: borrowing StoppedThread, _ identity: TraceEvent.Identity) {
    let information = stopped.signalInformation() ?? []
    let time = inquest_nanoseconds()
    queue.add { batch in
      let first = batch.pieces.count
      batch.pieces.append(.init(address: 0, offset: batch.bytes.count, count: information.count, moment: .entry))
      batch.bytes += information
      let captured = TraceRecord.Captured(first: Int32(clamping: first), count: 1)
      batch.records.append(
        TraceRecord(
          time: time, thread: identity.thread, process: identity.process, kind: .signal(number, captured: captured)))
    }
  }

  /// Writes down a record without memory.
  func add(_ thread: Int32, _ process: Int32, _ kind: TraceRecord.Kind) {
    let record = TraceRecord(time: inquest_nanoseconds(), thread: thread, process: process, kind: kind)
    queue.add { $0.records.append(record) }
  }

  private func noteClosing(_ number: Int, _ arguments: InlineArray<6, UInt64>, _ identity: TraceEvent.Identity) {
    let name = table.signature(number)?.name
    if name == "close_range" {
      guard arguments[2] & 4 == 0 else { return }
      for descriptor in DescriptorFacts.open(in: identity.process)
      where descriptor >= 0 && UInt64(descriptor) >= arguments[0] & 0xffff_ffff
        && UInt64(descriptor) <= arguments[1] & 0xffff_ffff
      {
        noteDescriptor(descriptor, identity, .closing)
      }
    } else {
      noteDescriptor(Int32(truncatingIfNeeded: arguments[name == "close" ? 0 : 1]), identity, .closing)
    }
  }

  private func noteOpenFiles(_ identity: TraceEvent.Identity, _ moment: DescriptorState.Moment) {
    for descriptor in DescriptorFacts.open(in: identity.process) { noteDescriptor(descriptor, identity, moment) }
  }

  private func noteDescriptor(_ descriptor: Int32, _ identity: TraceEvent.Identity, _ moment: DescriptorState.Moment) {
    guard let state = DescriptorFacts.state(of: descriptor, in: identity.process, at: moment) else { return }
    add(identity.thread, identity.process, .descriptor(state))
  }
}

extension CallOutcome {
  var isValue: Bool { if case .value = self { true } else { false } }
}
