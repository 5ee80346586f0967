internal import CLinux
internal import Machine

extension Tracer {
  /// Undoes in a stop what being traced would change for the program, as far as it can be undone.
  func prepare(_ thread: Int32, _ stop: WaitReport.Stop) {
    if !ledger.revealed.isEmpty { hideAgain(thread, stop) }
    switch stop {
    // SIGTRAP is mostly a breakpoint's, and no system call's: it is looked at when it is delivered.
    case .signal(let number) where number != Signal.trap:
      InterruptedCall.restore(thread) { ThreadFacts(of: thread)?.ignores(number) ?? false }
    case .trap:
      if interrupted.remove(thread) != nil { InterruptedCall.restore(thread) { true } }
    case .seccomp(let data) where data == UInt64(SeccompFilter.hiding):
      if let hidden = HiddenChild.reveal(of: thread) { ledger.revealed[thread] = hidden }
    default: break
    }
  }

  /// Puts back what ``HiddenChild`` changed, in the creator and in its child, whose registers and memory are a copy.
  private func hideAgain(_ thread: Int32, _ stop: WaitReport.Stop) {
    // A filter's stop follows that for the entry of the same call.
    if case .seccomp = stop { return }
    guard let hidden = ledger.revealed.removeValue(forKey: thread) else { return }
    hidden.restore(in: thread)
    guard case .birth(_, let child) = stop else { return }
    if sequencer.unannounced.contains(child) {
      hidden.restore(in: child)
    } else {
      ledger.revealed[child] = hidden
    }
  }
}

/// System calls that only a tracer's doings have interrupted.
enum InterruptedCall {
  /// Lets a system call go on that nothing would have interrupted without us.
  ///
  /// A signal that a process ignores is not even queued; of a tracee it is, for the tracer to see, and a stop that the
  /// tracer asks for counts as a signal as well. Most calls begin anew by themselves afterwards. A few give EINTR
  /// whatever the signal's handler says (`man 7 signal`), since they expect one to be there. For those, the result is
  /// changed to the kernel's own word for "begin anew unless a handler is about to run", which it looks at when the stop
  /// is over (`arch_do_signal_or_restart`, `handle_signal`, `arch/x86/kernel/signal.c`). aarch64 looks before the stop:
  /// there, it is too late.
  ///
  /// - Parameter isUnfounded: whether the interruption is only ours; asked where a call has been interrupted.
  static func restore(_ thread: Int32, where isUnfounded: () -> Bool) {
    guard Architecture.host == .x86_64, var registers = UserRegisters(of: thread) else { return }
    let result = UserRegisters.resultIndex(.x86_64)
    guard registers.words[result] == UInt64(bitPattern: -Int64(Errno.interrupted)),
      Self.interruptible.contains(registers.words[UserRegisters.originalRaxIndex]), isUnfounded()
    else { return }
    // ERESTARTNOHAND.
    registers.words[result] = UInt64(bitPattern: -514)
    _ = registers.set(to: thread)
  }

  /// semop, semtimedop, epoll_wait, epoll_pwait, epoll_pwait2, rt_sigtimedwait; and, with a timeout on the socket,
  /// recvfrom, recvmsg, accept, accept4, sendto, sendmsg. Of x86-64 (`asm/unistd_64.h`).
  private static let interruptible: Set<UInt64> = [65, 220, 232, 281, 441, 128, 45, 47, 43, 288, 44, 46]
}

extension StoppedThread {
  /// Sees to it that the child is traced which a `clone` or `clone3` is about to make, where CLONE_UNTRACED would hide it.
  /// To be called in a stop at the entry of such a call; the tracer does it itself where a ``SeccompFilter`` stopped it
  /// for that. The program does not see its flags changed.
  ///
  /// - Returns: whether it would have been hidden, and is not now.
  @discardableResult
  package borrowing func revealChild() -> Bool {
    guard let child = HiddenChild.reveal(of: thread) else { return false }
    ledger.revealed[thread] = child
    return true
  }
}
