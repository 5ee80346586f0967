internal import Machine

/// The registers and the alternate signal stack that the kernel saved when it ran a signal handler (`struct
/// ucontext`; Linux `arch/x86/include/uapi/asm/ucontext.h` and `sigcontext.h`, `arch/arm64/include/uapi/asm/` likewise).
struct SignalFrame {
  /// The alternate stack, sigaltstack(2), as it was set when the signal came.
  let stack: Range<UInt64>
  /// The stack pointer that the signal interrupted.
  let interruptedStackPointer: UInt64

  /// What is searched above a stack pointer for a saved context: handlers use little of their stack.
  private static let searchedBytes: UInt64 = 1 << 16
  /// Larger alternate stacks are not believed.
  private static let maximumStack: UInt64 = 1 << 30
  /// Offsets in `struct ucontext` of uc_link, uc_stack's members, and the saved stack pointer.
  private static let linkOffset: UInt64 = 8
  private static let stackOffset: UInt64 = 16
  private static let stackFlagsOffset: UInt64 = 24
  private static let stackSizeOffset: UInt64 = 32
  private static let savedStackPointer: [Architecture: UInt64] = [.x86_64: 40 + 15 * 8, .aarch64: 176 + 8 + 31 * 8]

  /// The nearest context above `stackPointer` that was saved on an alternate stack which `stackPointer` lies in.
  ///
  /// - Parameters:
  ///   - limit: up to where contexts are looked for.
  init?(above stackPointer: UInt64, limit: UInt64, memory: any TargetMemory, architecture: Architecture) {
    guard let window = memory.window(containing: stackPointer), let sp = Self.savedStackPointer[architecture] else {
      return nil
    }
    let end = min(limit, window.end, stackPointer + min(Self.searchedBytes, UInt64.max - stackPointer))
    guard end >= 8, stackPointer < end - 8 else { return nil }
    var context = (stackPointer + 7) & ~7
    while context < end, end - context > sp + 8 {
      defer { context += 8 }
      // uc_link is not used by the kernel.
      guard window.load(UInt64.self, at: context + Self.linkOffset) == 0,
        let start = window.load(UInt64.self, at: context + Self.stackOffset), start != 0, start <= stackPointer,
        let size = window.load(UInt64.self, at: context + Self.stackSizeOffset), size >= 1024,
        size <= Self.maximumStack, context - start < size, start < UInt64.max - size,
        let flags = window.load(UInt32.self, at: context + Self.stackFlagsOffset), flags & 0x7fff_fffc == 0,
        let interrupted = window.load(UInt64.self, at: context + sp), interrupted != 0
      else { continue }
      stack = start..<(start + size)
      interruptedStackPointer = interrupted
      return
    }
    return nil
  }
}
