internal import Machine

/// The first processes of pid namespaces, whom a fault does not kill while they are traced.
///
/// The kernel spares an init every signal that it has no handler for, even from itself. For a fault it makes an exception,
/// but not where the init is traced (`force_sig_info_to_task`, `kernel/signal.c`): the faulting instruction is tried again
/// for ever. So such an init is let go at its fault, dies of it at once as it would have done, and its parent is told the
/// same.
struct NamespaceInits {
  private var isInit: [Int32: Bool] = [:]

  /// Whether a thread has stopped for a fault of its own that would kill it, were it not the traced init of a namespace.
  mutating func isDoomed(_ thread: Int32, _ process: Int32, _ stop: WaitReport.Stop) -> Bool {
    guard case .signal(let signal) = stop, Self.faults.contains(signal) else { return false }
    if let known = isInit[process], !known { return false }
    guard let facts = ThreadFacts(of: thread) else { return false }
    isInit[process] = facts.isNamespaceInit
    let bit = UInt64(1) << UInt64(signal - 1)
    guard facts.isNamespaceInit, facts.caught & bit == 0 else { return false }
    // One that somebody sent does nothing to an init.
    return StoppedThread.signalCode(thread) > 0
  }

  /// Sees to it that a thread faults again where it goes on: after a breakpoint instruction it would not.
  static func putBeforeFault(_ thread: Int32, _ signal: Int32) {
    // x86's int3 is one byte, and the only trap that SI_KERNEL stands for; other processors stop before theirs.
    guard signal == Signal.trap, Architecture.host == .x86_64, StoppedThread.signalCode(thread) == 0x80,
      var registers = UserRegisters(of: thread), let pc = registers.registers.instructionPointer(.x86_64)
    else { return }
    var moved = RegisterSet()
    moved[Architecture.x86_64.instructionPointerRegister] = pc &- 1
    registers.registers = moved
    _ = registers.set(to: thread)
  }

  mutating func forget(after events: [TraceEvent]) {
    guard !isInit.isEmpty else { return }
    for case .processEnded(let process, _) in events { isInit[process] = nil }
  }

  private static let faults: Set<Int32> = [
    Signal.illegal, Signal.trap, Signal.bus, Signal.floatingPoint, Signal.segmentation,
  ]
}
