internal import CLinux
internal import Tracing

extension Supervisor {
  /// Whether a signal that a thread is about to get kills its process, and says that something went wrong.
  func isCrash(_ signal: Int32, _ identity: TraceEvent.Identity) -> Bool {
    guard FatalSignals.dumpsCore(signal), let dispositions = SignalDispositions(of: identity.thread) else {
      return false
    }
    return dispositions.isFatal(signal)
  }

  /// A process is about to die: its other threads are brought to a standstill, and it is told.
  func crashes(_ thread: consuming StoppedThread, _ signal: Int32, _ identity: TraceEvent.Identity) {
    if isUnkillable(identity) {
      // The kernel spares a traced init of a pid namespace, which faults again and again; untraced it dies as it should.
      return letDie(thread, signal)
    }
    guard gathering == nil else {
      crashesThatWait.append((identity.thread, signal, HeldThread(thread)))
      return
    }
    crashCount += 1
    beginGathering(.death(signal: signal, thread: identity.thread), [identity.process])
    gather(thread, .signal(signal))
  }

  /// Whether this is the second fault at one place of a process that is init of its pid namespace.
  private func isUnkillable(_ identity: TraceEvent.Identity) -> Bool {
    guard let registers = RegisterWords(of: identity.thread), var process = processes[identity.process] else {
      return false
    }
    defer { processes[identity.process] = process }
    if process.lastFault == registers.instructionPointer, process.repeatedFaults > 0,
      SignalDispositions(of: identity.process)?.ownID == 1
    {
      return true
    }
    process.repeatedFaults += 1
    process.lastFault = registers.instructionPointer
    return false
  }

  private func letDie(_ thread: consuming StoppedThread, _ signal: Int32) {
    let process = thread.process
    // What faults by itself does so again, untraced; what was raised is made up for.
    thread.detach(delivering: signal)
    if ![4, 7, 8, 11].contains(signal) { _ = inquest_kill(process, 9) }
  }
}
