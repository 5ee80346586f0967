internal import CLinux
internal import Tracing

extension Supervisor {
  /// Passes on the signals that were sent to us and are meant for the program.
  func relaySignals() {
    var signal = inquest_relayed()
    while unsafe inquest_relay_take(&signal) == 1 {
      if signal.number == options.reportSignal {
        askForStacks(.asked)
        continue
      }
      let isFromTerminal = signal.code == Self.fromKernel
      if signal.number == 2 { clock.interrupted(inquest_nanoseconds()) }
      // The keys of a terminal go to its whole foreground group, which the program is in as well as we are.
      guard !isFromTerminal || !isInOurGroup else { continue }
      // So does what somebody sends to the group.
      guard !hasGot(signal) else { continue }
      // A stop is passed on; SIGCONT is, too.
      _ = inquest_kill(root, signal.number)
    }
  }

  private static let fromKernel: Int32 = 128

  private var isInOurGroup: Bool { inquest_process_group(root) == inquest_process_group(0) }

  /// Whether the program has been sent the same signal by the same sender just now.
  private func hasGot(_ signal: inquest_relayed) -> Bool {
    if let last = lastDelivered[signal.number], last.sender == signal.sender,
      inquest_nanoseconds() &- last.at < 100_000_000
    {
      return true
    }
    guard isInOurGroup, signal.sender != 0, let dispositions = SignalDispositions(of: root) else { return false }
    return dispositions.pending & SignalDispositions.bit(signal.number) != 0
  }

  /// Remembers which signals the program got, and from whom.
  func noteDelivery(of signal: Int32, to identity: TraceEvent.Identity, _ thread: borrowing StoppedThread) {
    guard identity.process == root, ![11, 5, 17].contains(signal) else { return }
    // si_code and si_pid of `siginfo_t`.
    guard let bytes = thread.signalInformation(), bytes.count >= 20 else { return }
    func number(_ at: Int) -> Int32 {
      Int32(bitPattern: bytes[at..<(at + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
    }
    lastDelivered[signal] = (number(8) <= 0 ? number(16) : 0, inquest_nanoseconds())
  }
}
