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
    guard gathering == nil else {
      crashesThatWait.append((identity.thread, signal, HeldThread(thread)))
      return
    }
    crashCount += 1
    beginGathering(.death(signal: signal, thread: identity.thread), [identity.process])
    gather(thread, .signal(signal))
  }
}
