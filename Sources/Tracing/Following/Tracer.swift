package import Bytes
internal import CLinux

/// Follows programs, with all their threads and children, from birth to end, and loses none.
///
/// The thread that starts or attaches must be the one that asks for events: the kernel knows only it as the tracer.
/// What orders the events is ``Sequencer``.
///
/// Every few turns all reports that are there are read before the first of them is handed out: the kernel looks for them
/// from the newest tracee to the oldest, so that the old ones would starve behind a few busy new ones. Each tracee has one
/// at most, since it stands still until its stop is handed out and resumed. It is not done at every turn, since the look
/// that finds nothing more goes through all tracees, and costs as much as the one that does.
package final class Tracer {
  var sequencer = Sequencer()
  private var pending: [Pending] = []
  private var position = 0
  let options: UInt64
  /// Programs that this tracer started: the kernel tells it of their ends even where they are no longer traced.
  var children: Set<Int32> = []
  /// Processes whose threads have not all been found, and when to look again.
  var attaching: [Int32] = []
  /// Threads that were asked to stop, and have not yet.
  var interrupted: Set<Int32> = []
  var namespaceInits = NamespaceInits()
  private var inherited = InheritedChildren()
  let ledger = TracerLedger()
  private var clock: Alarm?
  /// Reports that were read since all that were there were read together.
  private var turns = 0
  private static let turnsBetweenSweeps = 16

  /// An event whose turn has not come, and the stop of the thread that it hands over.
  private struct Pending {
    let event: TraceEvent
    var handsOver: StoppedThread.State?
  }

  /// An event, and the thread that stands still for it.
  package struct Occurrence: ~Copyable {
    package let event: TraceEvent
    /// Resumed where nobody takes it. Where several events belong to one stop, the last has it.
    package var stopped: StoppedThread?
  }

  /// What ``next(timeout:)`` found.
  package enum Outcome: ~Copyable {
    case occurrence(Occurrence)
    /// Time is up, or a signal came to this thread, or ``Waker/wake()`` was called.
    case nothingYet
    /// Nothing is traced any more.
    case nothingLeft
  }

  /// All events, and the death of every tracee with the tracer, so that none is left standing still.
  package static let allOptions: UInt64 =
    1 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | exitKill

  /// PTRACE_O_EXITKILL.
  static let exitKill: UInt64 = 1 << 20

  package init(options: UInt64 = Tracer.allOptions) {
    self.options = options
    inquest_keep_ended()
  }

  /// Starts a program. Its first event is the exec; or an end with status 127, where there was none: then
  /// ``StartedProgram/failure()`` says why. Signals are ignored and blocked in it as they were when this process began.
  ///
  /// - Parameters:
  ///   - undecoded: what some arguments and variables stand for.
  ///   - filter: installed just before the exec; calls that it traces stop from there on, the exec among them. See
  ///     ``SeccompFilter`` for what it changes.
  /// - Throws: ``TracingError`` where it could not be made, or not be traced.
  package func start(
    _ command: [String], environment: [String], undecoded: UndecodedTexts = UndecodedTexts(),
    folder: String? = nil, filter: SeccompFilter? = nil
  ) throws(TracingError) -> StartedProgram {
    guard let file = command.first else { throw .noProgram }
    let arguments = CStrings(command, undecoded: undecoded)
    let variables = CStrings(environment, undecoded: undecoded)
    let place = CStrings(folder.map { [$0] } ?? [])
    let program = filter?.program ?? []
    var failure: Int32 = -1
    let child = unsafe file.withCString { file in
      unsafe program.withUnsafeBufferPointer { program in
        var start = unsafe inquest_start(
          file: file, arguments: arguments.pointers, environment: variables.pointers, folder: place.pointers[0],
          options: options, filter: program.isEmpty ? nil : program.baseAddress, filter_length: UInt64(program.count))
        return unsafe inquest_start_traced(&start, &failure)
      }
    }
    guard child > 0 else { throw .cannotStart(errno: -child) }
    children.insert(child)
    sequencer.adopt(child, process: child)
    return StartedProgram(process: child, failureDescriptor: failure)
  }

  /// The next event; nil where nothing is traced any more.
  ///
  /// - Throws: ``TracingError`` where the kernel refuses to wait: that would be a fault of ours.
  package func next() throws(TracingError) -> Occurrence? {
    while true {
      switch try next(until: nil) {
      case .occurrence(let occurrence): return occurrence
      case .nothingLeft: return nil
      case .nothingYet: continue
      }
    }
  }

  /// The next event, if there is one within a time. It may say earlier that there is none: where a signal came to this
  /// thread, and where an earlier call's time is over.
  ///
  /// - Throws: as ``next()``; and where there is no clock.
  package func next(timeout: Duration) throws(TracingError) -> Outcome {
    let parts = timeout.components
    let (milliseconds, overflow) = parts.seconds.multipliedReportingOverflow(by: 1000)
    guard !overflow else { return try next(until: nil) }
    // Rounded up: a wait that is too short would be asked for again, and again.
    let wait = max(0, milliseconds &+ (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    return try next(until: inquest_milliseconds().addingReportingOverflow(wait).partialValue)
  }

  /// The clock of this tracer, made when it is first needed, by the thread that traces.
  ///
  /// - Throws: ``TracingError/noClock(errno:)``.
  func alarm() throws(TracingError) -> Alarm {
    if let clock { return clock }
    let made = try Alarm()
    clock = made
    return made
  }

  /// What other threads may end a wait of this tracer with. To be asked for on the thread that traces.
  ///
  /// - Throws: ``TracingError/noClock(errno:)``.
  package func waker() throws(TracingError) -> Waker { Waker(alarm: try alarm()) }

  private func next(until deadline: Int64?) throws(TracingError) -> Outcome {
    while position == pending.count {
      pending.removeAll(keepingCapacity: true)
      position = 0
      switch try read(until: deadline) {
      case .something: continue
      case .interrupted: return .nothingYet
      case .nobody: return .nothingLeft
      }
    }
    let turn = pending[position]
    position += 1
    return .occurrence(
      Occurrence(
        event: turn.event,
        stopped: turn.handsOver.map { StoppedThread(state: $0, ledger: ledger) }))
  }

  // MARK: Reading

  private enum Reading { case something, interrupted, nobody }

  /// Reads all reports that are there, or waits for one. What nobody has announced is asked for in /proc only when there
  /// is nothing else to read, and never waited for.
  private func read(until deadline: Int64?) throws(TracingError) -> Reading {
    forgetDeparted()
    guard pending.isEmpty else { return .something }
    // With two tracees neither can starve the other.
    if sequencer.count > 2 { turns += 1 }
    if turns >= Self.turnsBetweenSweeps || !sequencer.unannounced.isEmpty || !attaching.isEmpty {
      turns = 0
      var isAny = false
      while try readOne(.not) == .read { isAny = true }
      if !attaching.isEmpty { try continueAttaching() }
      if isAny || !pending.isEmpty { return .something }
      identifyOrphans()
      guard pending.isEmpty else { return .something }
    }
    if !inherited.isEmpty, sequencer.isEmpty, children.isEmpty, attaching.isEmpty {
      return try readBesideInherited()
    }
    let wait: Wait =
      if let deadline {
        .atMost(deadline &- inquest_milliseconds())
      } else {
        attaching.isEmpty ? .forEver : .atMost(Self.attachPause)
      }
    switch try readOne(wait) {
    case .read: return .something
    case .nothing: return .interrupted
    case .nobody:
      guard !sequencer.isEmpty else { return .nobody }
      append(sequencer.abandon(), of: 0, nil)
      return .something
    }
  }

  /// Nobody is known to be traced, but the kernel would have us wait for children that are not ours to wait for.
  private func readBesideInherited() throws(TracingError) -> Reading {
    switch try readOne(.not) {
    case .read: return .something
    case .nobody: return .nobody
    case .nothing:
      guard InheritedChildren.isAnybodyTraced else { return .nobody }
      return try readOne(.atMost(Self.attachPause)) == .read ? .something : .interrupted
    }
  }

  /// How many milliseconds after it could not go on an attachment is tried again.
  static let attachPause: Int64 = 20

  private enum Wait {
    case not, forEver
    case atMost(_ milliseconds: Int64)
  }

  private enum Read { case read, nothing, nobody }

  /// Whether to look for reports for a moment before sleeping. The kernel goes through all tracees at each look, and keeps
  /// everybody from being born or ending the while.
  private var looks: Bool { mayLook && sequencer.count <= Self.mostLookedAt }
  /// False where a thread that is traced can only go on on the processor of this one.
  package var mayLook = true
  private static let mostLookedAt = 256

  private func readOne(_ wait: Wait) throws(TracingError) -> Read {
    var status: Int32 = 0
    let thread =
      switch wait {
      case .not: unsafe inquest_wait(-1, &status, 0)
      case .forEver: unsafe inquest_wait(-1, &status, looks ? 2 : 1)
      // The past asks for no wait.
      case .atMost(let milliseconds) where milliseconds <= 0: unsafe inquest_wait(-1, &status, 0)
      case .atMost(let milliseconds): try alarm().wait(&status, milliseconds, looks: looks)
      }
    if thread == 0 || thread == -Errno.interrupted { return .nothing }
    if thread == -Errno.noChild { return .nobody }
    guard thread > 0 else { throw .cannotWait(errno: -thread) }
    if !inherited.isEmpty, !sequencer.knows(thread), !children.contains(thread), inherited.hasEnded(thread) {
      return .read
    }
    let report = WaitReport(status: status, message: WaitReport.wantsMessage(status) ? eventMessage(thread) : nil)
    take(report, of: thread)
    return .read
  }

  private func take(_ report: WaitReport, of thread: Int32) {
    if position < pending.count { withdraw(thread) }
    var stop: WaitReport.Stop?
    switch report {
    case .stopped(let own):
      stop = own
      prepare(thread, own)
    case .exited, .killed:
      interrupted.remove(thread)
      ledger.revealed[thread] = nil
      if children.remove(thread) != nil, !sequencer.knows(thread) {
        // It was let go, and is ours to reap all the same.
        pending.append(Pending(event: .processEnded(thread, report.end ?? .untold)))
        return
      }
    }
    if let stop, let identity = sequencer.plainStop(of: thread, stop) {
      // By far the most reports: nothing is told but the stop itself.
      pending.append(
        Pending(
          event: .stopped(identity, stop),
          handsOver: .init(thread: thread, process: identity.process, stop: stop, isDoomed: false)))
      return
    }
    let events = sequencer.take(thread, report) { inquest_is_thread_of($0, $1) == 1 }
    append(events, of: thread, stop)
  }

  /// A thread that is heard of again no longer stands in the stop that was to be handed out: it was killed there, or its
  /// id is another's now.
  private func withdraw(_ thread: Int32) {
    for index in position..<pending.count where pending[index].handsOver?.thread == thread {
      pending[index].handsOver = nil
    }
  }

  private func forgetDeparted() {
    guard !ledger.departed.isEmpty else { return }
    for thread in ledger.departed {
      interrupted.remove(thread)
      for event in sequencer.depart(thread) {
        // The end of a child of ours is told when it ends.
        if case .processEnded(let process, _) = event, children.contains(process) { continue }
        pending.append(Pending(event: event))
      }
    }
    ledger.departed.removeAll(keepingCapacity: true)
  }

  private func identifyOrphans() {
    for orphan in sequencer.unannounced {
      // One that is gone is on its way to be told of by its end.
      guard let facts = ThreadFacts(of: orphan) else { continue }
      append(sequencer.identify(orphan, process: facts.process, parent: facts.parent), of: orphan, nil)
    }
  }

  /// Gives each stopped thread to the last event that tells of it; to none where its end follows.
  private func append(_ events: [TraceEvent], of thread: Int32, _ stop: WaitReport.Stop?) {
    for (index, event) in events.enumerated() {
      var handsOver: StoppedThread.State?
      if let stopped = event.stoppedThread, let process = sequencer.process(of: stopped),
        !events[(index + 1)...].contains(where: { $0.stoppedThread == stopped })
      {
        // A child that is told of by its creator's stop stands in its own first one.
        let own: WaitReport.Stop = if case .stopped(_, let own) = event { own } else { .trap }
        let stop = stopped == thread ? stop ?? own : own
        handsOver = .init(
          thread: stopped, process: process, stop: stop, isDoomed: namespaceInits.isDoomed(stopped, process, stop))
      }
      pending.append(Pending(event: event, handsOver: handsOver))
    }
    namespaceInits.forget(after: events)
  }

  private func eventMessage(_ thread: Int32) -> UInt64? {
    var message: UInt64 = 0
    let result = unsafe withUnsafeMutablePointer(to: &message) {
      inquest_ptrace(Request.eventMessage, thread, 0, UInt64(UInt(bitPattern: $0)))
    }
    return result == 0 ? message : nil
  }
}

extension WaitReport {
  /// The end that it tells of; nil for a stop.
  var end: TraceEvent.End? {
    switch self {
    case .exited(let status): .exited(status: status)
    case .killed(let signal, let dumpedCore): .killed(signal: signal, dumpedCore: dumpedCore)
    case .stopped: nil
    }
  }
}
