internal import CLinux
internal import Machine

/// A child that is made with CLONE_UNTRACED: the flag is taken away for the call, and put back before the program can see.
enum HiddenChild {
  /// The flags were a register, the first argument of `clone`.
  case register
  /// They are in memory, at the beginning of `struct clone_args`; an address in the target.
  case memory(address: UInt64)

  private static let untraced = UInt64(CloneFlags.untraced)

  /// To be called in a stop at the entry of a call. nil where it makes no child, or hides none.
  static func reveal(of thread: Int32) -> Self? {
    guard let stop = SystemCallStop(of: thread), stop.isNative else { return nil }
    switch stop.phase {
    case .entry(let number, let arguments), .seccomp(let number, let arguments, _):
      if number == (Architecture.host == .x86_64 ? 56 : 220), arguments[0] & untraced != 0 {
        return change(UserRegisters.firstArgumentIndex(.host), of: thread) { $0 & ~untraced } ? .register : nil
      }
      if number == 435 {
        return change(at: arguments[0], of: thread) { $0 & ~untraced } ? .memory(address: arguments[0]) : nil
      }
      return nil
    case .exit: return nil
    }
  }

  /// To be called in the first stop after the call, of the creator and of its child.
  func restore(in thread: Int32) {
    switch self {
    // The result stands there on aarch64.
    case .register where Architecture.host == .aarch64: return
    case .register: _ = Self.change(UserRegisters.firstArgumentIndex(.host), of: thread) { $0 | Self.untraced }
    case .memory(let address): _ = Self.change(at: address, of: thread) { $0 | Self.untraced }
    }
  }

  private static func change(_ index: Int, of thread: Int32, to new: (UInt64) -> UInt64) -> Bool {
    guard var registers = UserRegisters(of: thread) else { return false }
    registers.words[index] = new(registers.words[index])
    return registers.set(to: thread)
  }

  /// - Returns: whether the word is another one now.
  private static func change(at address: UInt64, of thread: Int32, to new: (UInt64) -> UInt64) -> Bool {
    var word: UInt64 = 0
    guard unsafe inquest_read_word(thread, address, &word) == 0, new(word) != word else { return false }
    return inquest_write_word(thread, address, new(word)) == 0
  }
}
