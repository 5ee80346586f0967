internal import CLinux

extension Tracer {
  /// Traces a process that runs, with all its threads: each comes as ``TraceEvent/attached(_:)``, standing still. Their
  /// children are followed from then on; those that the process has already are not. It survives the tracer's death.
  ///
  /// Threads are looked for until no new one comes, for they make new ones meanwhile. Where the process is about to execute
  /// a program, the kernel lets nobody attach until that is done, which may need our own answers first: then the rest is
  /// done while events are asked for.
  ///
  /// - Throws: ``TracingError`` where none of its threads could be traced, or there is no clock.
  package func attach(process: Int32) throws(TracingError) {
    let alarm = try alarm()
    if let refusal = refusal(process, whoever: true), case .noProcess = refusal { throw refusal }
    var error: TracingError?
    let isComplete = seizeAll(of: process, alarm, &error)
    if let error, !sequencer.traces(process) { throw error }
    if !isComplete { attaching.append(process) }
  }

  /// Asks a thread to stop: ``TraceEvent/stopped(_:_:)`` with ``WaitReport/Stop/trap`` follows, unless something else
  /// stops it first; then nothing more does. A system call that it sleeps in goes on afterwards as if nothing had been
  /// (on aarch64 with the exceptions of `man 7 signal`: those that SIGCONT interrupts).
  ///
  /// - Returns: whether there is such a tracee.
  @discardableResult
  package func interrupt(thread: Int32) -> Bool {
    guard inquest_ptrace(Request.interrupt, thread, 0, 0) == 0 else { return false }
    interrupted.insert(thread)
    return true
  }

  /// Goes on with what ``attach(process:)`` could not finish.
  ///
  /// - Throws: ``TracingError/noClock(errno:)``.
  func continueAttaching() throws(TracingError) {
    let alarm = try alarm()
    attaching.removeAll { process in
      var error: TracingError?
      return seizeAll(of: process, alarm, &error)
    }
  }

  /// How many milliseconds a thread may let us wait for it.
  private static let patience: Int64 = 50

  /// Traces every thread of a process that is not traced yet, until a look finds no new one.
  ///
  /// - Returns: false where the kernel let us wait too long.
  private func seizeAll(of process: Int32, _ alarm: Alarm, _ error: inout TracingError?) -> Bool {
    var refused: Set<Int32> = []
    while true {
      let threads = ThreadList.threads(of: process).filter { !sequencer.knows($0) && !refused.contains($0) }
      guard !threads.isEmpty else { return true }
      for thread in threads {
        let result = alarm.seize(thread, options: options & ~Self.exitKill, Self.patience)
        switch Int32(truncatingIfNeeded: -result) {
        case 0: adopt(thread, process)
        case Errno.timedOut:
          // It may have become ours all the same, just when time was up.
          guard ThreadFacts(of: thread)?.tracer == inquest_thread_id() else { return false }
          adopt(thread, process)
        case Errno.noProcess: refused.insert(thread)
        case let errno:
          refused.insert(thread)
          error = error ?? refusal(thread, whoever: false) ?? .notPermitted(process, errno: errno)
        }
      }
    }
  }

  private func adopt(_ thread: Int32, _ process: Int32) {
    sequencer.attach(thread, process: process)
    interrupt(thread: thread)
  }

  /// Why the kernel refuses a thread, where /proc tells; nil where it does not, or where the thread is our tracee already,
  /// born under our eyes.
  private func refusal(_ thread: Int32, whoever: Bool) -> TracingError? {
    guard let facts = ThreadFacts(of: thread) else { return .noProcess(thread) }
    let isGone = facts.state == UInt8(ascii: "Z") || facts.state == UInt8(ascii: "X")
    if isGone && !(whoever && ThreadList.threads(of: facts.process).count > 1) { return .noProcess(thread) }
    if facts.isKernelThread { return .notAProgram(thread) }
    if facts.tracer != 0, facts.tracer != inquest_thread_id() { return .alreadyTraced(thread, by: facts.tracer) }
    return nil
  }
}

/// The threads that `/proc/PID/task` lists.
enum ThreadList {
  static func threads(of process: Int32) -> [Int32] {
    final class Names {
      var threads: [Int32] = []
    }
    let names = Names()
    let result = withExtendedLifetime(names) {
      unsafe inquest_list(
        "/proc/\(process)/task",
        { context, name in
          guard let context = unsafe context, let name = unsafe name else { return 0 }
          let names = unsafe Unmanaged<Names>.fromOpaque(context).takeUnretainedValue()
          if let thread = unsafe Int32(String(cString: name)) { names.threads.append(thread) }
          return 1
        }, Unmanaged.passUnretained(names).toOpaque())
    }
    return result == 0 ? names.threads : []
  }
}
