internal import Machine

/// The alternate signal stack that the kernel noted in the context which it saved when it ran a signal handler on it,
/// found by what the context must look like. Where the handler's trampoline is known, ``SignalFrame`` tells more.
struct SavedContext {
  /// The alternate stack, sigaltstack(2), as it was set when the signal came.
  let stack: Range<UInt64>
  /// The stack pointer that the signal interrupted.
  let interruptedStackPointer: UInt64

  /// What is searched above a stack pointer for a saved context: handlers use little of their stack.
  private static let searchedBytes: UInt64 = 1 << 16
  /// Larger alternate stacks are not believed.
  private static let maximumStack: UInt64 = 1 << 30

  /// The nearest context above `stackPointer` that was saved on an alternate stack which `stackPointer` lies in.
  ///
  /// - Parameters:
  ///   - limit: up to where contexts are looked for.
  init?(above stackPointer: UInt64, limit: UInt64, memory: any TargetMemory, architecture: Architecture) {
    guard let window = memory.window(containing: stackPointer) else { return nil }
    let sp = UInt64(UserContext.stackPointer(architecture))
    let end = min(limit, window.end, stackPointer + min(Self.searchedBytes, UInt64.max - stackPointer))
    guard end >= 8, stackPointer < end - 8 else { return nil }
    var context = (stackPointer + 7) & ~7
    while context < end, end - context > sp + 8 {
      defer { context += 8 }
      // uc_link is not used by the kernel.
      guard window.load(UInt64.self, at: context + UInt64(UserContext.link)) == 0,
        let start = window.load(UInt64.self, at: context + UInt64(UserContext.stack)), start != 0,
        start <= stackPointer,
        let size = window.load(UInt64.self, at: context + UInt64(UserContext.stackSize)), size >= 1024,
        size <= Self.maximumStack, context - start < size, start < UInt64.max - size,
        let flags = window.load(UInt32.self, at: context + UInt64(UserContext.stackFlags)), flags & 0x7fff_fffc == 0,
        let interrupted = window.load(UInt64.self, at: context + sp), interrupted != 0
      else { continue }
      stack = start..<(start + size)
      interruptedStackPointer = interrupted
      return
    }
    return nil
  }
}
