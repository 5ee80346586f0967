internal import Bytes
package import Machine

/// What the kernel saved on the stack when it called a signal handler: `struct rt_sigframe`
/// (Linux `arch/x86/include/asm/sigframe.h`, `arch/arm64/kernel/signal.c`).
package struct SignalFrame {
  /// The signal that the handler was called for.
  package let signal: SignalInfo
  /// Of the interrupted code; all general registers are known.
  package let registers: RegisterSet
  /// uc_stack, where it is enabled: the alternate signal stack, from its first to after its last address.
  package let alternateStack: Range<UInt64>?
  /// Whether the signal is not told, only guessed from the trap that the thread was in last: the kernel writes
  /// a siginfo for handlers with SA_SIGINFO alone. The guess is to be checked against the instruction.
  package let isInferred: Bool

  /// - Parameter stackPointer: in the trampoline, an address in the target. On x86-64 `ret` has taken the
  ///   return address from the frame, so that the ucontext lies there; on aarch64 the siginfo does.
  /// - Returns: nil where it cannot be read, or makes no sense.
  package init?(at stackPointer: UInt64, in target: any Target) {
    let isX86 = target.architecture == .x86_64
    let layout = SignalFrameLayout.of(target.architecture)
    guard let bytes = target.memory.read(stackPointer, layout.size),
      let number = bytes.load(Int32.self, at: layout.information),
      let errno = bytes.load(Int32.self, at: layout.information + 4),
      let code = bytes.load(Int32.self, at: layout.information + 8)
    else { return nil }
    var registers = RegisterSet()
    for (register, offset) in layout.registers { registers[register] = bytes.load(UInt64.self, at: offset) }
    self.registers = registers
    alternateStack = Self.alternateStack(bytes, layout)
    // Without SA_SIGINFO the place of the siginfo holds whatever lay on the stack before.
    isInferred = !Self.isSound(number: number, code: code, bytes, layout)
    guard !isInferred else {
      guard let signal = Self.lastTrap(bytes, isX86: isX86) else { return nil }
      self.signal = signal
      return
    }
    let union = layout.information + 16
    let isFault = [SignalInfo.illegal, SignalInfo.trap, SignalInfo.bus, SignalInfo.arithmetic, SignalInfo.segmentation]
      .contains(number)
    let isSystemCall = number == SignalInfo.systemCallSignal && code > 0
    signal = SignalInfo(
      number: number, code: code, errno: errno,
      faultAddress: isFault && code > 0 ? bytes.load(UInt64.self, at: union) : nil,
      senderPID: code <= 0 ? bytes.load(Int32.self, at: union) : nil,
      senderUID: code <= 0 ? bytes.load(UInt32.self, at: union + 4) : nil,
      systemCall: isSystemCall
        ? (
          bytes.load(UInt64.self, at: union) ?? 0, bytes.load(Int32.self, at: union + 8) ?? 0,
          bytes.load(UInt32.self, at: union + 12) ?? 0
        ) : nil)
  }

  /// Whether the place of the siginfo holds one that fits to what the processor left in the frame.
  private static func isSound(number: Int32, code: Int32, _ bytes: ByteView, _ layout: SignalFrameLayout) -> Bool {
    guard (1...64).contains(number), (-64...128).contains(code) else { return false }
    let isMemory = number == SignalInfo.segmentation || number == SignalInfo.bus
    // A fault of memory states the address that the processor noted: `cr2`, after a page fault (trap 14).
    guard isMemory, code == 1 || code == 2, layout.context == 0, bytes.load(UInt64.self, at: 200) == 14 else {
      return true
    }
    return bytes.load(UInt64.self, at: layout.information + 16) == bytes.load(UInt64.self, at: 216)
  }

  /// The signal that the thread's last trap raises: on x86-64 by `trapno` and `cr2` of `struct sigcontext`
  /// (arch/x86/kernel/traps.c), on aarch64 by `fault_address`.
  private static func lastTrap(_ bytes: ByteView, isX86: Bool) -> SignalInfo? {
    guard isX86 else {
      guard let address = bytes.load(UInt64.self, at: 128 + UserContext.registers(.aarch64)) else { return nil }
      return SignalInfo(number: SignalInfo.segmentation, code: nil, faultAddress: address)
    }
    switch bytes.load(UInt64.self, at: 200) {
    case 0: return SignalInfo(number: SignalInfo.arithmetic, code: nil)
    case 6: return SignalInfo(number: SignalInfo.illegal, code: nil)
    case 13: return SignalInfo(number: SignalInfo.segmentation, code: SignalInfo.kernel)
    case 14:
      return SignalInfo(number: SignalInfo.segmentation, code: nil, faultAddress: bytes.load(UInt64.self, at: 216))
    default: return nil
    }
  }

  /// Whether the signal is one that ends a process because of what it did.
  package var isFatal: Bool {
    [
      SignalInfo.illegal, SignalInfo.trap, SignalInfo.abort, SignalInfo.bus, SignalInfo.arithmetic,
      SignalInfo.segmentation, SignalInfo.systemCallSignal,
    ].contains(signal.number)
  }

  /// The alternate signal stack that the frame at `stackPointer` says was set, whatever else it holds: from the first
  /// to after the last address in the target; nil where nothing is mapped there.
  package static func alternateStack(at stackPointer: UInt64, in target: any Target) -> Range<UInt64>? {
    let layout = SignalFrameLayout.of(target.architecture)
    guard let bytes = target.memory.read(stackPointer, layout.size), let range = alternateStack(bytes, layout),
      target.mapping(containing: range.lowerBound) != nil
    else { return nil }
    return range
  }

  private static func alternateStack(_ bytes: ByteView, _ layout: SignalFrameLayout) -> Range<UInt64>? {
    guard let start = bytes.load(UInt64.self, at: layout.context + UserContext.stack),
      let flags = bytes.load(UInt32.self, at: layout.context + UserContext.stackFlags), flags & 2 == 0,  // SS_DISABLE
      let size = bytes.load(UInt64.self, at: layout.context + UserContext.stackSize), start != 0, size != 0
    else { return nil }
    let (end, overflow) = start.addingReportingOverflow(size)
    return overflow ? nil : start..<end
  }
}
