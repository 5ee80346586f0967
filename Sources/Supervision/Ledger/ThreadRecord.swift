internal import Tracing

/// The arguments of the clone that a stopped thread is in (clone(2)).
struct CloneArguments {
  /// The new thread's thread pointer; nil where it was given none.
  private(set) var threadPointer: UInt64?
  /// The size of its stack; 0 where it is not told.
  private(set) var stackSize: UInt64 = 0

  private static let setsThreadPointer: UInt64 = 0x80000  // CLONE_SETTLS
  private static let clone3: Int64 = 435

  init(_ registers: RegisterWords, of process: Int32) {
    if registers.systemCall == Self.clone3 {
      guard let address = registers.systemCallArgument(0),
        // struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls.
        case let words = ProcessWords.words(at: address, 8, of: process), words.count == 8
      else { return }
      stackSize = words[6]
      if words[0] & Self.setsThreadPointer != 0 { threadPointer = words[7] }
    } else if let flags = registers.systemCallArgument(0), flags & Self.setsThreadPointer != 0 {
      #if arch(x86_64)
        threadPointer = registers.systemCallArgument(4)
      #else
        threadPointer = registers.systemCallArgument(3)
      #endif
    }
  }
}

/// What libc keeps of a thread, at its thread pointer.
enum ThreadRecord {
  /// Whether there is a record of libc's: the ABI wants its address in it (System V ABI, AMD64, thread-local storage:
  /// the first word; glibc's and musl's `self` besides).
  static func isOne(at pointer: UInt64, of process: Int32) -> Bool {
    #if arch(x86_64)
      return ProcessWords.word(at: pointer, of: process) == pointer
    #else
      return false
    #endif
  }

  /// Whether `pthread_attr_t` asks for a detached thread: glibc has flags behind the scheduling policy, musl `_a_detach`
  /// as the seventh word of 4 bytes.
  static func isDetached(_ attributes: UInt64, of process: Int32) -> Bool {
    // thrd_create gives -1, and a null pointer asks for the usual.
    guard attributes != 0, attributes != UInt64.max else { return false }
    let bytes = ProcessWords.bytes(at: attributes, 56, of: process)
    guard bytes.count == 56 else { return false }
    func number(_ at: Int) -> UInt32 { bytes[at..<(at + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) } }
    return isMusl(bytes) ? number(24) != 0 : number(8) & 1 != 0
  }

  /// glibc has the scheduling parameters first, small numbers or 0; musl the size of the stack, which is never less than
  /// a page after pthread_attr_init.
  private static func isMusl(_ attributes: [UInt8]) -> Bool {
    attributes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >= 2048
      && attributes[4..<8].allSatisfy { $0 == 0 }
  }

  /// The size of the stack that `pthread_attr_t` asks for: glibc has it behind the flags, the guard's size and the
  /// stack's address, musl first. nil where it asks for none.
  static func stackSize(_ attributes: UInt64, of process: Int32) -> UInt64? {
    guard attributes != 0, attributes != UInt64.max else { return nil }
    let bytes = ProcessWords.bytes(at: attributes, 56, of: process)
    guard bytes.count == 56 else { return nil }
    let at = isMusl(bytes) ? 0 : 32
    let size = bytes[at..<(at + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return size == 0 ? nil : size
  }

  /// Whether a thread that was made before anybody watched may have been made detached: glibc's record then holds its own
  /// address once more, as the thread that will join it.
  ///
  /// - Returns: nil where it cannot be told: of other libcs, or where the record's size is not known.
  static func isDetached(at pointer: UInt64, size: UInt64?, of process: Int32) -> Bool? {
    guard let size, size >= 64, size <= 1 << 14 else { return nil }
    let bytes = ProcessWords.bytes(at: pointer, Int(size), of: process)
    guard bytes.count == Int(size) else { return nil }
    return stride(from: 0x20, to: bytes.count - 7, by: 8).contains { at in
      bytes[at..<(at + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } == pointer
    }
  }
}
