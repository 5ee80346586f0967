/// Puts what `waitpid` reports into an order that makes sense, whatever order it came in.
///
/// The argument, which the tests go through exhaustively:
///
/// - The kernel reports each thread's own stops in the order in which they happen, for a thread cannot stop again before
///   the tracer has resumed it. Between threads it promises nothing. So all that can come "too early" for a thread is
///   its *first* report, before its creator's event; everything later waits for our leave.
/// - A first report that nobody has announced is therefore kept, and the thread left stopped. It is delivered as a birth
///   when either its creator speaks (`creation`), or, where the tracer has nothing else to read, when `/proc` has told
///   whose thread it is (`identify`). The creator may have been killed before it could speak, so the tracer never waits
///   for it. If it does speak later, the `creation` comes later: that is the one thing that is not ordered, and it
///   belongs to the creator.
/// - A thread may end before it was announced (SIGKILL takes it out of any stop). Its end is kept, and delivered after
///   its birth.
/// - At an exec the kernel has waited until we have reaped all other threads, but for the leader, whose id the executing
///   thread takes: its end is made up here, since no report of it ever comes.
/// - The leader's final report comes after those of all other threads of its process.
/// - After its stop for the exit a thread never stops again. A leader that does has been replaced by another thread's
///   exec, whose own stop was ended unseen, by a resumption that was meant for the leader's.
/// - Ids are used again. A creation belongs to a thread that ended unannounced only if its teller has not spoken since
///   that end: for what a creator tells next is always the creation.
///
/// A value: a test copies it at each fork of the road. No system calls, no time.
package struct Sequencer: Hashable, Sendable {
  /// What is known of a thread that has not ended.
  private enum Life: Hashable, Sendable {
    /// Its creator has announced it; its first stop has not come.
    case announced(process: Int32, creator: Int32, by: WaitReport.Birth)
    /// Its first stop has come, and its creator has not spoken; it stands still.
    case unannounced(WaitReport.Stop)
    /// The tracer has attached to it; its first stop has not come.
    case attaching(process: Int32)
    /// It was born. `owedBy` is the process whose thread has not spoken of making it; nil where that is settled.
    /// `isLeaving`: it is a leader that has stopped for its exit.
    case living(process: Int32, owedBy: Int32?, isLeaving: Bool = false)
  }

  private var lives: [Int32: Life] = [:]
  /// What is left of a thread that ended before its creator spoke.
  private struct Remains: Hashable, Sendable {
    /// How it ended, where neither its birth nor its end was told: it never ran an instruction. nil where both were, and
    /// only the creation is owed.
    let untold: TraceEvent.End?
    /// Those who may be its creator: they have not spoken since.
    var creators: Set<Int32>
  }

  /// Threads that ended before they were announced, oldest first: an id may be used again before the creator of its first
  /// bearer is heard.
  private var early: [Int32: [Remains]] = [:]
  /// The number of threads of each process that were born or announced and have not ended.
  private var counts: [Int32: Int] = [:]

  package init() {}

  /// The threads that stand still because nobody has announced them yet.
  package private(set) var unannounced: Set<Int32> = []

  /// The number of threads that are traced.
  package var count: Int { lives.count }

  /// Whether nothing is left of what was traced.
  package var isEmpty: Bool { lives.isEmpty }

  /// Whether a creator still has to speak of a thread that has ended.
  package var awaitsCreators: Bool { !early.isEmpty }

  /// The process of a thread; nil where it is unknown.
  package func process(of thread: Int32) -> Int32? {
    switch lives[thread] {
    case .living(let process, _, _), .announced(let process, _, _), .attaching(let process): process
    case .unannounced, nil: nil
    }
  }

  /// All threads of a process that were born and have not ended.
  package func threads(of process: Int32) -> [Int32] {
    lives.compactMap { thread, life in
      if case .living(process, _, _) = life { thread } else { nil }
    }.sorted()
  }

  /// Whether a thread is known, as living or about to be born.
  package func knows(_ thread: Int32) -> Bool { lives[thread] != nil }

  /// Whether a thread of a process is known.
  package func traces(_ process: Int32) -> Bool { counts[process] != nil }

  /// Takes a thread in that the tracer started; it was not born under its eyes.
  package mutating func adopt(_ thread: Int32, process: Int32) {
    guard lives[thread] == nil else { return }
    begin(thread, process, owedBy: nil)
  }

  /// Takes a thread in that the tracer attaches to. What comes of it first is told after its `attached`.
  package mutating func attach(_ thread: Int32, process: Int32) {
    guard lives[thread] == nil else { return }
    lives[thread] = .attaching(process: process)
    counts[process, default: 0] += 1
  }

  /// Ends everything: the kernel says that nobody is traced. A thread that nobody traced may have executed a program, and
  /// taken the place of its leader whom we traced; no report tells of that.
  package mutating func abandon() -> [TraceEvent] {
    early = [:]
    return lives.keys.sorted(by: >).flatMap { end($0, .untold) }
  }

  /// Forgets a thread that the tracer has let go.
  package mutating func depart(_ thread: Int32) -> [TraceEvent] {
    guard case .living(let process, _, _) = lives[thread] else { return [] }
    lives[thread] = nil
    heard(thread)
    return [.ended(.init(thread: thread, process: process), .detached)] + leave(process, .detached)
  }

  /// Takes a report.
  ///
  /// - Parameters:
  ///   - thread: whose report it is.
  ///   - isOfProcess: whether a thread belongs to a process, as the kernel says now (`tgkill` with signal 0); asked for
  ///     newborns, since PTRACE_EVENT_CLONE stands for processes too (`clone` without SIGCHLD) and PTRACE_EVENT_VFORK for
  ///     threads (CLONE_VFORK with CLONE_THREAD).
  /// - Returns: the events that can be told now, in order. Empty where the report is kept.
  package mutating func take(
    _ thread: Int32, _ report: WaitReport, isOfProcess: (_ thread: Int32, _ process: Int32) -> Bool
  ) -> [TraceEvent] {
    let events =
      switch report {
      case .exited(let status): end(thread, .exited(status: status))
      case .killed(let signal, let dumpedCore): end(thread, .killed(signal: signal, dumpedCore: dumpedCore))
      case .stopped(let stop): take(thread, stop, isOfProcess)
      }
    heard(thread)
    return events
  }

  /// Whose stop it is, where the stop is at a system call and tells of nothing but itself: then `take` need not be asked,
  /// and would say the same.
  func plainStop(of thread: Int32, _ stop: WaitReport.Stop) -> TraceEvent.Identity? {
    guard early.isEmpty else { return nil }
    switch stop {
    case .systemCall, .seccomp: break
    default: return nil
    }
    guard case .living(let process, _, false) = lives[thread] else { return nil }
    return TraceEvent.Identity(thread: thread, process: process)
  }

  /// Takes what `/proc` told of an unannounced thread: its process, and the parent of that.
  package mutating func identify(_ thread: Int32, process: Int32, parent: Int32) -> [TraceEvent] {
    guard case .unannounced(let stop) = lives[thread] else { return [] }
    begin(thread, process, owedBy: thread == process ? parent : process)
    return birth(thread, process, creator: nil, by: nil, stop)
  }

  // MARK: Stops

  private mutating func take(
    _ thread: Int32, _ stop: WaitReport.Stop, _ isOfProcess: (Int32, Int32) -> Bool
  ) -> [TraceEvent] {
    switch lives[thread] {
    case nil, .unannounced:
      if case .exec(let former) = stop, let process = self.process(of: former), process == thread {
        // A leader that is not traced was replaced by a thread that is.
        begin(thread, process, owedBy: nil)
        let identity = TraceEvent.Identity(thread: thread, process: process)
        return [.attached(identity)] + execution(identity, former)
      }
      // A second stop of a thread that stands still is not possible; should a kernel give one, the later one counts.
      lives[thread] = .unannounced(stop)
      unannounced.insert(thread)
      return []
    case .announced(let process, let creator, let by):
      lives[thread] = .living(process: process, owedBy: nil)
      return birth(thread, process, creator: creator, by: by, stop)
    case .attaching(let process):
      lives[thread] = .living(process: process, owedBy: nil)
      let identity = TraceEvent.Identity(thread: thread, process: process)
      return [.attached(identity)] + (stop == .trap ? [] : act(identity, stop, isOfProcess))
    case .living(let process, _, let isLeaving):
      let identity = TraceEvent.Identity(thread: thread, process: process)
      if isLeaving {
        lives[thread] = .living(process: process, owedBy: nil)
        if case .exec = stop {} else { return execution(identity, thread) + act(identity, stop, isOfProcess) }
      }
      return act(identity, stop, isOfProcess)
    }
  }

  private mutating func act(
    _ identity: TraceEvent.Identity, _ stop: WaitReport.Stop, _ isOfProcess: (Int32, Int32) -> Bool
  ) -> [TraceEvent] {
    switch stop {
    case .birth(let by, let child): return creation(identity, child, by, isOfProcess)
    case .exec(let former): return execution(identity, former)
    case .exiting where identity.thread == identity.process:
      if case .living(let process, let owedBy, _) = lives[identity.thread] {
        lives[identity.thread] = .living(process: process, owedBy: owedBy, isLeaving: true)
      }
      return [.stopped(identity, stop)]
    default: return [.stopped(identity, stop)]
    }
  }

  /// A birth, and what the first stop was if it was not the newborn's usual one.
  private func birth(
    _ thread: Int32, _ process: Int32, creator: Int32?, by: WaitReport.Birth?, _ stop: WaitReport.Stop
  ) -> [TraceEvent] {
    let identity = TraceEvent.Identity(thread: thread, process: process)
    return [.born(identity, creator: creator, by: by)] + (stop == .trap ? [] : [.stopped(identity, stop)])
  }

  private mutating func creation(
    _ creator: TraceEvent.Identity, _ child: Int32, _ by: WaitReport.Birth, _ isOfProcess: (Int32, Int32) -> Bool
  ) -> [TraceEvent] {
    let event = TraceEvent.creation(creator, child: child, by: by)
    // Who has ended can no longer be asked for: the usual meaning of the event decides.
    if var remains = early[child], let index = remains.firstIndex(where: { $0.creators.contains(creator.thread) }) {
      let first = remains.remove(at: index)
      early[child] = remains.isEmpty ? nil : remains
      guard let end = first.untold else { return [event] }
      let process = by == .clone ? creator.process : child
      let born = TraceEvent.born(.init(thread: child, process: process), creator: creator.thread, by: by)
      let ended = TraceEvent.ended(.init(thread: child, process: process), end)
      return [event, born, ended] + (counts[process] == nil ? [.processEnded(process, end)] : [])
    }
    switch lives[child] {
    case .living(let process, _?, let isLeaving):
      lives[child] = .living(process: process, owedBy: nil, isLeaving: isLeaving)
      return [event]
    case .attaching: return [event]
    case .unannounced(let stop):
      let process = isOfProcess(child, creator.process) ? creator.process : child
      begin(child, process, owedBy: nil)
      return [event] + birth(child, process, creator: creator.thread, by: by, stop)
    case .living, .announced:
      // The same id announced twice: its first bearer ended untold.
      let ended = end(child, .untold)
      announce(child, creator, by, isOfProcess)
      return ended + [event]
    case nil:
      announce(child, creator, by, isOfProcess)
      return [event]
    }
  }

  private mutating func announce(
    _ child: Int32, _ creator: TraceEvent.Identity, _ by: WaitReport.Birth, _ isOfProcess: (Int32, Int32) -> Bool
  ) {
    let process = isOfProcess(child, creator.process) ? creator.process : child
    lives[child] = .announced(process: process, creator: creator.thread, by: by)
    counts[process, default: 0] += 1
  }

  private mutating func execution(_ leader: TraceEvent.Identity, _ former: Int32) -> [TraceEvent] {
    var events: [TraceEvent] = []
    // The kernel let us reap them before; what is left here ended without a word.
    if counts[leader.process, default: 1] > 1 {
      for thread in threads(of: leader.process) where thread != leader.thread && thread != former {
        events += end(thread, .untold)
      }
    }
    if former != leader.thread {
      // Two threads become one, with the leader's id.
      if lives[former] != nil {
        events.append(.ended(leader, .replaced))
        lives[former] = nil
        counts[leader.process, default: 1] -= 1
      }
      heard(former)
    }
    return events + [.executed(leader, former: former)]
  }

  // MARK: Ends

  private mutating func begin(_ thread: Int32, _ process: Int32, owedBy: Int32?) {
    unannounced.remove(thread)
    lives[thread] = .living(process: process, owedBy: owedBy)
    counts[process, default: 0] += 1
  }

  private mutating func end(_ thread: Int32, _ end: TraceEvent.End) -> [TraceEvent] {
    switch lives[thread] {
    case nil:
      remember(thread, untold: end, creators: lives.keys.filter { $0 != thread })
      return []
    case .unannounced:
      lives[thread] = nil
      unannounced.remove(thread)
      remember(thread, untold: end, creators: lives.keys.filter { $0 != thread })
      return []
    case .announced(let process, let creator, let by):
      lives[thread] = nil
      let identity = TraceEvent.Identity(thread: thread, process: process)
      return [.born(identity, creator: creator, by: by), .ended(identity, end)] + leave(process, end)
    case .attaching(let process):
      lives[thread] = nil
      let identity = TraceEvent.Identity(thread: thread, process: process)
      return [.attached(identity), .ended(identity, end)] + leave(process, end)
    case .living(let process, let owedBy, _):
      lives[thread] = nil
      if let owedBy, counts[owedBy] != nil {
        // Those that are attached to and have not been heard of may be its creators as well.
        remember(thread, untold: nil, creators: lives.keys.filter { self.process(of: $0) == owedBy })
      }
      var events: [TraceEvent] = []
      if thread == process, counts[process, default: 1] > 1 {
        // Its report is the process's last.
        for other in threads(of: process) {
          lives[other] = nil
          heard(other)
          counts[process, default: 1] -= 1
          events.append(.ended(.init(thread: other, process: process), .untold))
        }
      }
      return events + [.ended(.init(thread: thread, process: process), end)] + leave(process, end)
    }
  }

  private mutating func leave(_ process: Int32, _ end: TraceEvent.End) -> [TraceEvent] {
    let left = counts[process, default: 1] - 1
    counts[process] = left > 0 ? left : nil
    return left > 0 ? [] : [.processEnded(process, end)]
  }

  // MARK: Creations that are owed

  private mutating func remember(_ thread: Int32, untold: TraceEvent.End?, creators: [Int32]) {
    // Without anybody who could tell of it, it is gone for good.
    guard !creators.isEmpty else { return }
    early[thread, default: []].append(Remains(untold: untold, creators: Set(creators)))
  }

  /// A thread has spoken, or is gone: what it made before, it has told by now, or never will.
  private mutating func heard(_ thread: Int32) {
    guard !early.isEmpty else { return }
    for (ended, remains) in early where remains.contains(where: { $0.creators.contains(thread) }) {
      let owed = remains.compactMap { one in
        var one = one
        one.creators.remove(thread)
        return one.creators.isEmpty ? nil : one
      }
      early[ended] = owed.isEmpty ? nil : owed
    }
  }
}
