internal import Machine

/// The code that a signal handler returns to, and the frame that the kernel laid out for it.
struct SignalTrampoline {
  private let architecture: Architecture

  init(_ architecture: Architecture) { self.architecture = architecture }

  /// Whether a trampoline begins at `pc`: the instructions of a call of rt_sigreturn are all that one does.
  func begins(at pc: UInt64, _ memory: any TargetMemory) -> Bool {
    guard let code = memory.load(UInt64.self, at: pc) else { return false }
    switch architecture {
    case .x86_64:
      // mov $15, %rax; syscall
      if code == 0x0f00_0000_0fc0_c748 { return memory.load(UInt8.self, at: pc &+ 8) == 0x05 }
      // mov $15, %eax; syscall
      return code & 0x00ff_ffff_ffff_ffff == 0x0005_0f00_0000_0fb8
    case .aarch64:
      // mov x8, #139; svc #0
      return code == 0xd400_0001_d280_1168
    }
  }

  /// Whether `pc` is the first instruction of a trampoline or, if it is exact, the second one.
  func contains(_ pc: UInt64, _ memory: any TargetMemory, isExact: Bool) -> Bool {
    if begins(at: pc, memory) { return true }
    guard isExact else { return false }
    let lengths: [UInt64] = architecture == .x86_64 ? [7, 5] : [4]
    return lengths.contains { pc >= $0 && begins(at: pc - $0, memory) }
  }

  /// The registers of the code that the signal interrupted, from the `ucontext` at the stack pointer of the
  /// trampoline (Linux `arch/x86/include/uapi/asm/sigcontext.h`, `arch/arm64/include/uapi/asm/sigcontext.h`,
  /// and `struct rt_sigframe` of `arch/*/kernel/signal*.c`).
  func interruptedRegisters(
    _ stackPointer: UInt64, _ memory: any TargetMemory
  ) throws(FullRule.Failure) -> RegisterSet {
    var registers = RegisterSet()
    for (register, offset) in savedRegisters {
      let address = stackPointer &+ UInt64(offset)
      guard let value = memory.word(at: address) else { throw .unreadable(address) }
      registers[register] = value
    }
    return registers
  }

  /// Pairs of a DWARF number and the offset of its value from the stack pointer.
  private var savedRegisters: [(register: Int, offset: Int)] {
    switch architecture {
    case .x86_64:
      // struct ucontext: flags, link, stack (24 bytes), then struct sigcontext_64: r8 to r15, di, si, bp, bx,
      // dx, ax, cx, sp, ip.
      [8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16].enumerated().map { ($1, 40 + 8 * $0) }
    case .aarch64:
      // struct siginfo (128), struct ucontext: flags, link, stack, 128 bytes of signal mask, then, aligned to
      // 16, struct sigcontext: fault_address, x0 to x30, sp, pc.
      (0...32).map { ($0, 128 + 176 + 8 + 8 * $0) }
    }
  }
}
