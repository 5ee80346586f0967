internal import Machine

/// Offsets in `struct ucontext`, in bytes (Linux `arch/x86/include/uapi/asm/ucontext.h` and `sigcontext.h`,
/// `arch/arm64/include/uapi/asm/` likewise).
enum UserContext {
  /// uc_link, which the kernel does not use.
  static let link = 8
  /// uc_stack: ss_sp, ss_flags, ss_size.
  static let stack = 16
  static let stackFlags = 24
  static let stackSize = 32
  /// uc_mcontext, the registers: a `struct sigcontext`. On aarch64 1,024 bits of signal mask come before it.
  static func registers(_ architecture: Architecture) -> Int { architecture == .x86_64 ? 40 : 176 }
  /// The saved stack pointer: r8...r15, rdi, rsi, rbp, rbx, rdx, rax and rcx come before rsp; the fault's address and
  /// x0...x30 before sp.
  static func stackPointer(_ architecture: Architecture) -> Int {
    registers(architecture) + 8 * (architecture == .x86_64 ? 15 : 32)
  }
}
