internal import Machine

/// Offsets in `struct rt_sigframe` from the stack pointer in the trampoline, in bytes.
struct SignalFrameLayout {
  /// siginfo_t.
  let information: Int
  /// ucontext_t: uc_flags, uc_link, uc_stack (ss_sp, ss_flags, ss_size), then the machine's part.
  let context: Int
  /// The DWARF number of each register, and where it lies.
  let registers: [(Int, Int)]
  let size: Int

  static func of(_ architecture: Architecture) -> SignalFrameLayout {
    switch architecture {
    case .x86_64: x86_64
    case .aarch64: aarch64
    }
  }

  /// The ucontext is 304 bytes with an 8-byte signal mask; the siginfo follows. `struct sigcontext` holds
  /// r8...r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip.
  private static let x86_64 = SignalFrameLayout(
    information: 304, context: 0,
    registers: [8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16].enumerated().map {
      ($1, UserContext.registers(.x86_64) + 8 * $0)
    },
    size: 304 + 128)

  /// A siginfo of 128 bytes, then the ucontext, whose `struct sigcontext` begins 176 bytes in: the fault's
  /// address, x0...x30, sp, pc.
  private static let aarch64 = SignalFrameLayout(
    information: 0, context: 128, registers: (0...32).map { ($0, 128 + UserContext.registers(.aarch64) + 8 + 8 * $0) },
    size: 128 + UserContext.registers(.aarch64) + 8 * 35)
}
