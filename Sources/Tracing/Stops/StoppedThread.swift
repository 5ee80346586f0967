internal import CLinux

/// A thread that stands still. Resuming consumes it, so that nobody resumes a thread twice, or touches it while it runs.
///
/// SIGKILL takes a thread out of any stop: each call may find it gone, which is no error here. Its end is an event that
/// follows.
package struct StoppedThread: ~Copyable {
  /// What the tracer knows of it.
  struct State {
    let thread: Int32
    let process: Int32
    let stop: WaitReport.Stop
    /// It must be let go for its signal to kill it (``NamespaceInits``).
    let isDoomed: Bool
  }

  private let state: State
  let ledger: TracerLedger
  /// It was resumed or let go.
  private var isSpent = false

  init(state: State, ledger: TracerLedger) {
    self.state = state
    self.ledger = ledger
  }

  package var thread: Int32 { state.thread }
  package var process: Int32 { state.process }

  deinit {
    if !isSpent { Self.resume(state, ledger, .run, delivering: nil) }
  }

  /// How far a thread is to go.
  package enum Resumption: Sendable {
    /// Until something happens to it.
    case run
    /// Until the entry or the exit of its next system call, or something before that.
    case untilSystemCall
    /// One instruction; a ``WaitReport/Stop/signal(_:)`` with SIGTRAP follows (si_code TRAP_TRACE), or what that
    /// instruction brought about.
    case step
  }

  /// Lets it go on as if it had not been looked at: a signal is delivered with its siginfo, a group stop goes on until
  /// SIGCONT, whatever `how` says.
  ///
  /// - Parameter signal: which signal is delivered in place of the one it stopped for, 0 for none; nil leaves it.
  ///   Ignored by the kernel where the stop is not one for a signal.
  package consuming func resume(_ how: Resumption = .run, delivering signal: Int32? = nil) {
    Self.resume(state, ledger, how, delivering: signal)
    isSpent = true
  }

  /// As ``resume(_:delivering:)``, by whether it is to stop for system calls.
  package consuming func resume(untilSystemCall: Bool, delivering signal: Int32? = nil) {
    Self.resume(state, ledger, untilSystemCall ? .untilSystemCall : .run, delivering: signal)
    isSpent = true
  }

  /// Lets it go for good: it runs on untraced, a signal that it stopped for is delivered, a stopped group stays so.
  /// ``TraceEvent/ended(_:_:)`` with ``TraceEvent/End/detached`` follows. Nothing of ours may be left in its memory.
  ///
  /// - Parameter signal: as in ``resume(_:delivering:)``.
  package consuming func detach(delivering signal: Int32? = nil) {
    let number = if case .signal(let own) = state.stop { signal ?? own } else { signal ?? 0 }
    Self.detach(state.thread, ledger, delivering: number)
    isSpent = true
  }

  private static func detach(_ thread: Int32, _ ledger: TracerLedger, delivering signal: Int32) {
    guard inquest_ptrace(Request.detach, thread, 0, UInt64(UInt32(bitPattern: signal))) == 0 else { return }
    ledger.departed.append(thread)
  }

  private static func resume(_ state: State, _ ledger: TracerLedger, _ how: Resumption, delivering: Int32?) {
    let thread = state.thread
    let request =
      switch how {
      case .run: Request.run
      case .untilSystemCall: Request.systemCall
      case .step: Request.step
      }
    switch state.stop {
    case .group where delivering == nil:
      // Anything else would wake it: Ctrl-Z would not stop the program.
      _ = inquest_ptrace(Request.listen, thread, 0, 0)
    case .signal(let number) where state.isDoomed && delivering ?? number == number:
      NamespaceInits.putBeforeFault(thread, number)
      detach(thread, ledger, delivering: 0)
    case .signal(let number):
      let delivered = delivering ?? number
      if delivered == Signal.trap, number == delivered {
        InterruptedCall.restore(thread) { ThreadFacts(of: thread)?.ignores(number) ?? false }
      }
      _ = inquest_ptrace(request, thread, 0, UInt64(UInt32(bitPattern: delivered)))
    case .exiting where thread == state.process && signalCode(thread) != PtraceEvent.exit << 8 | Signal.trap:
      // Another thread's exec has ended the leader meanwhile and taken its id: the stop that is to be told next.
      return
    default: _ = inquest_ptrace(request, thread, 0, UInt64(UInt32(bitPattern: delivering ?? 0)))
    }
  }

  /// The si_code of a stopped thread: in the stop of an event SIGTRAP, with the event in the second byte. 0 where it is
  /// gone.
  static func signalCode(_ thread: Int32) -> Int32 {
    var information = InlineArray<16, UInt64>(repeating: 0)
    let result = unsafe withUnsafeMutableBytes(of: &information) { bytes in
      inquest_ptrace(Request.signalInformation, thread, 0, UInt64(UInt(bitPattern: bytes.baseAddress)))
    }
    // si_signo, si_errno, si_code.
    return result == 0 ? Int32(truncatingIfNeeded: information[1]) : 0
  }
}
