internal import Disassembly
public import Machine
public import Targets
public import Unwinding

/// One fault or fatal signal, with the registers of the moment it came.
public struct Crash: Sendable {
  /// The thread that it happened on.
  public let thread: ThreadState
  /// At the faulting instruction.
  public let registers: RegisterSet
  /// What the processor, or whoever sent it, raised.
  public let signal: SignalInfo
  /// The stack from these registers on.
  public let walk: StackWalk
  /// The number, in the dumped stack, of the trampoline whose signal frame this was read from; nil for the
  /// state that was dumped itself.
  public let trampoline: Int?
  /// The alternate signal stack that the signal frame says was set: from the first to after the last address.
  public let alternateStack: Range<UInt64>?

  /// All crashes of the signalled thread, oldest first, none of a process that goes on; see ``Investigation/crashes``.
  static func all(in investigation: Investigation) -> [Crash] {
    guard !investigation.target.isRunning, let thread = investigation.target.signalledThread else { return [] }
    let walk = investigation.walk(ofThread: 0)
    var result: [Crash] = []
    if let signal = investigation.target.signal ?? signal(pendingFor: thread) {
      let saved = walk.frames.lazy.filter(\.isSignalTrampoline).prefix(8)
        .compactMap { SignalFrame.alternateStack(at: $0.stackPointer, in: investigation.target) }.first
      let dumped = Crash(
        thread: thread, registers: thread.registers, signal: signal, walk: walk, trampoline: nil,
        alternateStack: saved)
      // A handler that raised the fault's signal again: it came when the handler returned, to the very
      // instruction that had faulted.
      if dumped.isOwnSignal(in: investigation.target), faults.contains(signal.number) {
        let first = Crash(
          thread: thread, registers: thread.registers, signal: SignalInfo(number: signal.number, code: nil), walk: walk,
          trampoline: nil, alternateStack: saved)
        if isPlausible(first, investigation) { result.append(first) }
      }
      result.append(dumped)
    }
    for frame in walk.frames.filter(\.isSignalTrampoline).prefix(8) {
      guard let saved = SignalFrame(at: frame.stackPointer, in: investigation.target), saved.isFatal else { continue }
      let crash = Crash(
        thread: thread, registers: saved.registers, signal: saved.signal,
        walk: investigation.stacks.walk(saved.registers), trampoline: frame.number,
        alternateStack: saved.alternateStack)
      guard !saved.isInferred || isPlausible(crash, investigation) else { continue }
      result.insert(crash, at: 0)
    }
    return result
  }

  private static let faults: Set<Int32> = [
    SignalInfo.illegal, SignalInfo.bus, SignalInfo.arithmetic, SignalInfo.segmentation,
  ]

  /// Whether the instruction does what a guessed signal is about. The trap may be an old one, and the handler that
  /// of another signal.
  private static func isPlausible(_ crash: Crash, _ investigation: Investigation) -> Bool {
    let fault = FaultAnalysis(crash, in: investigation)
    switch crash.signal.number {
    case SignalInfo.arithmetic: return fault.instruction?.kind == .divide
    case SignalInfo.illegal: return fault.instruction.map { $0.kind == .trap } ?? true
    default:
      switch fault.cause {
      case .access, .nonCanonical, .misaligned, .privileged: return true
      case .fetch: return crash.signal.faultAddress.map { $0 == fault.address } ?? true
      case .unknown: return false
      }
    }
  }

  private static func signal(pendingFor thread: ThreadState) -> SignalInfo? {
    thread.signal == 0 ? nil : SignalInfo(number: thread.signal, code: nil)
  }
}

extension Crash {
  /// Whether the process sent the signal to itself: raise, abort.
  func isOwnSignal(in target: any Target) -> Bool {
    signal.isSent && signal.senderPID != nil && signal.senderPID == target.process.pid
  }
}
