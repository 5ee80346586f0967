package import Bytes
internal import CLinux
internal import Processes
internal import Tracing

/// Runs a program as if nobody watched, and watches it: every process and thread of its tree, until the last has ended.
///
/// To be used by one thread, which becomes the tracer of the whole tree. What the program would have met without us it
/// meets: its signals, its terminal, its streams, its parent's patience. It is stopped for births of threads and
/// processes, for execs, for signals, and for nothing else; where threads are accounted for, at the functions of libc
/// that make and join them.
package final class Supervisor {
  let tracer: Tracer
  let options: SupervisionOptions
  unowned let witness: any SupervisionWitness
  let began = inquest_nanoseconds()
  var processes: [Int32: SupervisedProcess] = [:]
  /// The program itself.
  private(set) var root: Int32 = 0
  private var started: StartedProgram?
  private var hasExecuted = false
  private(set) var outcome: SupervisionOutcome?
  let breakpoints = Breakpoints()
  var ledger: LedgerKeeper?
  /// Threads that are being brought to a standstill, and why.
  var gathering: Gathering?
  /// Threads whose crash is told when the one before it is.
  var crashesThatWait: [(thread: Int32, signal: Int32, held: HeldThread)] = []
  var clock: SupervisionClock
  /// What was ended by us, and is told in place of how the program ended.
  var verdict: SupervisionOutcome?
  /// Signals of the terminal, or of a whole process group, that the program got by itself.
  var lastDelivered: [Int32: (sender: Int32, at: UInt64)] = [:]
  /// What all threads had done when it was last looked.
  var lastActivity: [Int32: UInt64] = [:]
  var tracersWithin = TracersWithin()
  /// Whether set-uid programs have their privilege under us.
  let mayTracePrivileged = TraceRefusal.hasCapability
  /// Of which programs it was said that they lack theirs.
  var privilegesTold: Set<String> = []
  /// Whether what is left is being killed: who is told of only now was born before.
  private var isEnding = false
  /// How many processes crashed.
  package internal(set) var crashCount = 0

  package init(_ options: SupervisionOptions, witness: any SupervisionWitness) {
    self.options = options
    self.witness = witness
    // Ends of threads are told without their stop before it, which costs as much as a birth.
    tracer = Tracer(options: Tracer.allOptions & ~(1 << 6))
    clock = SupervisionClock(options, began: inquest_nanoseconds())
    if options.keepsLedger { ledger = LedgerKeeper(breakpoints: breakpoints) }
  }

  /// What the ledger holds; nil where none is kept.
  package var threads: ThreadLedger? { ledger?.ledger }

  /// Milliseconds since the program began.
  var time: UInt32 { UInt32(clamping: (inquest_nanoseconds() &- began) / 1_000_000) }

  // MARK: The loop

  /// Runs a command to the end of its tree.
  package func run(_ command: [String], environment: [String], undecoded: UndecodedTexts) -> SupervisionOutcome {
    do throws(TracingError) {
      let program = try tracer.start(command, environment: environment, undecoded: undecoded)
      started = program
      root = program.process
      processes[root] = SupervisedProcess(
        pid: root, parent: 0, name: command[0].split(separator: "/").last.map(String.init) ?? command[0])
      inquest_relay_begin()
      ledger?.begin(root, name: processes[root]?.name ?? "", at: 0)
      try follow()
    } catch {
      switch error {
      case .cannotStart(let errno): return .notTraced(errno: errno)
      default: return .notTraced(errno: 0)
      }
    }
    return verdict ?? outcome ?? .exited(status: 0)
  }

  private func follow() throws(TracingError) {
    while true {
      relaySignals()
      look(atClock: inquest_nanoseconds())
      switch try tracer.next(timeout: .milliseconds(clock.patience(isGathering: gathering != nil))) {
      case .occurrence(let occurrence): handle(occurrence)
      case .nothingYet: break
      case .nothingLeft: return
      }
      if outcome != nil, inquest_own_pid() == 1 { return }
    }
  }

  private func handle(_ occurrence: consuming Tracer.Occurrence) {
    let event = occurrence.event
    switch event {
    case .born(let identity, let creator, _):
      born(identity, creator: creator)
      hold(occurrence.stopped.take(), .trap, orLet: true)
    case .attached(let identity):
      processes[identity.process]?.threads.insert(identity.thread)
      hold(occurrence.stopped.take(), .trap, orLet: true)
    case .creation(let identity, let child, let by):
      created(child, by: identity, by)
      hold(occurrence.stopped.take(), .trap, orLet: true)
    case .stopped(let identity, let stop):
      guard let thread = occurrence.stopped.take() else { return }
      stopped(identity, stop, thread)
    case .executed(let identity, let former):
      executed(identity, former: former)
      guard let thread = occurrence.stopped.take() else { return }
      if isFollowed(identity.process) {
        hold(thread, .trap, orLet: true)
      } else {
        letGo(thread)
      }
    case .ended(let identity, let end): ended(identity, end)
    case .processEnded(let process, let end): processEnded(process, end)
    }
  }

  /// Keeps a thread that is being gathered; lets any other one go on.
  private func hold(_ stopped: consuming StoppedThread?, _ stop: WaitReport.Stop, orLet goes: Bool) {
    guard let thread = stopped.take() else { return }
    if gathering?.isWanted(thread.process) == true {
      gather(thread, stop)
    } else if !options.followsChildren, thread.process != root {
      letGo(thread)
    } else {
      letRun(thread)
    }
  }

  // MARK: Births

  private func born(_ identity: TraceEvent.Identity, creator: Int32?) {
    if processes[identity.process] != nil {
      processes[identity.process]?.threads.insert(identity.thread)
    } else {
      let parent = creator.flatMap { tracer.process(of: $0) } ?? ProcessFacts.ofProcess(identity.process)?.parent ?? 0
      let name = processes[parent]?.name ?? SupervisedProcess.name(of: identity.process)
      var process = SupervisedProcess(pid: identity.process, parent: parent, name: name)
      process.threads = [identity.thread]
      process.isWatched = processes[parent]?.isWatched ?? false
      processes[identity.process] = process
      breakpoints.born(identity.process, of: parent)
      tracersWithin.born(identity.process, of: parent)
      ledger?.forked(identity.process, from: parent, name: name, at: time)
      if isEnding { _ = inquest_kill(identity.process, 9) }
    }
    gathering?.isBorn(identity)
  }

  private func created(_ child: Int32, by creator: TraceEvent.Identity, _ by: WaitReport.Birth) {
    guard let ledger, by == .clone, tracer.process(of: child) == creator.process else { return }
    ledger.created(child, by: creator.thread, in: creator.process, at: time)
  }

  // MARK: Stops

  private func stopped(_ identity: TraceEvent.Identity, _ stop: WaitReport.Stop, _ thread: consuming StoppedThread) {
    guard !breakpoints.isEmpty else { return stoppedByItself(identity, stop, thread) }
    switch breakpoints.take(stop, thread) {
    case .notOurs(let thread): stoppedByItself(identity, stop, thread)
    case .signal(let number, let thread): stoppedByItself(identity, .signal(number), thread, isLate: true)
    case .hit(let hit, let thread):
      ledger?.hit(hit, thread.thread, in: identity.process, at: time)
      breakpoints.resume(thread, over: hit)
      interruptAgain(identity)
    case .done: interruptAgain(identity)
    }
  }

  private func stoppedByItself(
    _ identity: TraceEvent.Identity, _ stop: WaitReport.Stop, _ thread: consuming StoppedThread, isLate: Bool = false
  ) {
    if gathering?.isWanted(identity.process) == true { return gather(thread, stop) }
    switch stop {
    case .signal(let number):
      noteDelivery(of: number, to: identity, thread)
      if isCrash(number, identity) { return crashes(thread, number, identity) }
      letRun(thread, delivering: isLate ? number : nil)
    case .group(let signal):
      letRun(thread)
      if identity.process == root, identity.thread == root { stopWithProgram(signal) }
    case .systemCall:
      sawCall(identity, thread)
      letRun(thread)
    default: letRun(thread)
    }
  }

  /// As a shell expects of a job: where the program was stopped from the terminal, we stop too.
  private func stopWithProgram(_ signal: Int32) {
    // SIGTSTP, SIGTTIN, SIGTTOU.
    guard [20, 21, 22].contains(signal), inquest_own_pid() != 1 else { return }
    let stopped = inquest_nanoseconds()
    inquest_stop_self(signal)
    clock.pause(inquest_nanoseconds() &- stopped)
  }

  // MARK: Execs and ends

  private func executed(_ identity: TraceEvent.Identity, former: Int32) {
    let process = identity.process
    if process == root, !hasExecuted {
      hasExecuted = true
      started?.close()
    }
    breakpoints.executed(process)
    let name = SupervisedProcess.name(of: process)
    processes[process]?.name = name
    processes[process]?.threads = [identity.thread]
    processes[process]?.isWatched = false
    ledger?.executed(process, name: name, at: time)
    tracersWithin.executed(process, name)
    noteLostPrivilege(of: process, name)
    if process == root { ledger?.expectThreads(of: process, by: identity.thread) }
    gathering?.executed(identity, former: former)
  }

  /// Whether a process that executes a program is to be followed on.
  private func isFollowed(_ process: Int32) -> Bool {
    guard process != root else { return true }
    guard options.followsChildren else { return false }
    guard !options.followed.isEmpty else { return true }
    let path = ProcFile.link("/proc/\(process)/exe") ?? processes[process]?.name ?? ""
    let name = processes[process]?.name ?? ""
    return options.followed.contains { $0.matches(path) || $0.matches(name) }
  }

  /// Lets a process's only thread go on untraced; where its memory is still its parent's, only after its exec.
  private func letGo(_ thread: consuming StoppedThread) {
    guard breakpoints.leave(thread.process, by: thread.thread) else { return thread.resume(.run) }
    thread.detach()
  }

  private func ended(_ identity: TraceEvent.Identity, _ end: TraceEvent.End) {
    processes[identity.process]?.threads.remove(identity.thread)
    breakpoints.endedThread(identity.thread)
    tracersWithin.endedThread(identity.thread)
    ledger?.ended(identity.thread, in: identity.process, end, at: time)
    gathering?.ended(identity)
    finishGathering()
  }

  private func processEnded(_ process: Int32, _ end: TraceEvent.End) {
    processes[process] = nil
    breakpoints.ended(process)
    tracersWithin.ended(process)
    ledger?.processEnded(process, at: time)
    gathering?.processEnded(process)
    guard process == root else { return finishGathering() }
    switch end {
    case .exited(let status):
      if !hasExecuted, let errno = started?.failure() {
        outcome = .notStarted(errno: errno)
        started?.close()
      } else {
        outcome = .exited(status: status)
      }
    case .killed(let signal, _): outcome = .killed(signal: signal)
    default: outcome = .exited(status: 0)
    }
    if options.endsWithMain || verdict != nil { endTree() }
    finishGathering()
  }

  /// Kills what is left. Nobody's last will is asked: who was to be told has been.
  func endTree() {
    isEnding = true
    for process in processes.keys { _ = inquest_kill(process, 9) }
  }
}
