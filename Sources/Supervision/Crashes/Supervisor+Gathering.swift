internal import CLinux
internal import Machine
internal import Processes
internal import Tracing

extension Supervisor {
  /// Begins to bring processes to a standstill.
  func beginGathering(_ purpose: Gathering.Purpose, _ chosen: Set<Int32>) {
    let threads = chosen.reduce(into: Set<Int32>()) { $0.formUnion(processes[$1]?.threads ?? []) }
    // Whoever has just been made has not been told of yet: it will stop by itself.
    let untold = chosen.flatMap { ProcFile.numbers(in: "/proc/\($0)/task") }
    let now = inquest_nanoseconds()
    gathering = Gathering(
      purpose, processes: chosen, threads: threads.union(untold), began: now, deadline: now &+ Self.gatheringLimit)
    for thread in threads { tracer.interrupt(thread: thread) }
  }

  /// How long threads are waited for, in nanoseconds.
  private static let gatheringLimit: UInt64 = 2_000_000_000

  /// Keeps a thread of a process that is being brought to a standstill.
  func gather(_ thread: consuming StoppedThread, _ stop: WaitReport.Stop) {
    let (tid, process) = (thread.thread, thread.process)
    gathering?.hold(tid, Gathering.Held(thread: HeldThread(thread), stop: stop, process: process))
    finishGathering()
  }

  /// A thread that was interrupted, and went on over a breakpoint, is interrupted again.
  func interruptAgain(_ identity: TraceEvent.Identity) {
    if gathering?.awaited.contains(identity.thread) == true { tracer.interrupt(thread: identity.thread) }
  }

  /// Tells what was gathered for, where all stand still or time is over, and lets all go on.
  func finishGathering(isOver: Bool = false) {
    guard let done = gathering, done.isComplete || isOver else { return }
    gathering = nil
    let stopped = done.wanted.sorted().compactMap { describe($0, done) }
    switch done.purpose {
    case .death(let signal, _):
      if let process = stopped.first { witness.died(process) }
      if options.stopsOnCrash {
        verdict = verdict ?? .stoppedForCrash(signal: signal)
        endTree()
      }
    case .hang(let reason):
      witness.hangs(stopped, reason)
      if reason.ends {
        switch reason {
        case .timeout: verdict = verdict ?? .timedOut
        case .stall: verdict = verdict ?? .stalled
        default: verdict = verdict ?? .killed(signal: 2)
        }
        endTree()
      }
    }
    release(done)
    if !crashesThatWait.isEmpty {
      let next = crashesThatWait.removeFirst()
      guard let thread = next.held.take() else { return }
      let identity = TraceEvent.Identity(thread: next.thread, process: thread.process)
      crashes(thread, next.signal, identity)
    }
  }

  /// Lets all go on; the thread that is about to die first.
  private func release(_ done: Gathering) {
    var order = done.held.keys.sorted()
    if case .death(_, let thread) = done.purpose { order = [thread] + order.filter { $0 != thread } }
    for thread in order {
      guard let held = done.held[thread], let stopped = held.thread.take() else { continue }
      if case .death(let signal, thread) = done.purpose {
        stopped.resume(.run, delivering: signal)
      } else if case .signal(let number) = held.stop, number != 0 {
        let identity = TraceEvent.Identity(thread: thread, process: held.process)
        // It may have been about to die as well.
        if case .hang = done.purpose, isCrash(number, identity) {
          crashesThatWait.append((thread, number, HeldThread(stopped)))
        } else {
          stopped.resume(.run, delivering: number)
        }
      } else {
        stopped.resume(.run)
      }
    }
  }

  private func describe(_ process: Int32, _ done: Gathering) -> StoppedProcess? {
    guard
      let facts = ProcessFacts.ofProcess(process)
        ?? done.held.values.first(where: { $0.process == process })
        .flatMap({ $0.thread.thread }).flatMap(ProcessFacts.ofProcess)
    else { return nil }
    var dying: (thread: Int32, signal: Int32)?
    if case .death(let signal, let thread) = done.purpose { dying = (thread, signal) }
    var threads: [LiveThread] = []
    var missing: [Int32] = []
    for thread in (processes[process]?.threads ?? []).sorted() {
      guard let held = done.held[thread], held.process == process else {
        missing.append(thread)
        continue
      }
      let read = held.thread.lend { stopped in
        let isDying = dying?.thread == thread
        var one = LiveThread(
          tid: thread, hostID: thread, registers: stopped.registerSet(1) ?? [],
          registerNotes: Self.otherSets.compactMap { type in stopped.registerSet(type).map { (type, $0) } },
          signal: isDying ? dying?.signal ?? 0 : 0, signalInfo: isDying ? stopped.signalInformation() : nil)
        let folder = "/proc/\(process)/task/\(thread)"
        one.name = ProcFile.line(folder + "/comm")
        if case .signal = held.stop { one.isAboutToRun = true }
        if facts.namespaceIDs.count > 1, let status = ProcFile.text(folder + "/status"),
          let own = ProcessFacts(status: status)?.namespaceIDs.last
        {
          one.tid = own
        }
        return one
      }
      if let read { threads.append(read) }
    }
    guard !threads.isEmpty else { return nil }
    let reader = threads.contains { $0.hostID == process } ? nil : threads.first?.hostID
    do throws(ProcessError) {
      let image = try ProcessImage(process: process, reader: reader, facts: facts, threads: threads)
      return StoppedProcess(
        image: image, name: processes[process]?.name ?? facts.name, missing: missing,
        stoppedSince: done.began)
    } catch {
      witness.remark("process \(process) (\(processes[process]?.name ?? "")) cannot be looked at: \(error)")
      return nil
    }
  }

  /// NT_PRFPREG and NT_X86_XSTATE; NT_ARM_TLS and NT_ARM_PAC_MASK.
  #if arch(x86_64)
    private static let otherSets: [UInt32] = [2, 0x202]
  #else
    private static let otherSets: [UInt32] = [2, 0x401, 0x406]
  #endif
}
