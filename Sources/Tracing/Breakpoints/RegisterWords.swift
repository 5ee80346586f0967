internal import CLinux

/// The general registers of a stopped thread as this kernel lays them out (NT_PRSTATUS: `struct user_regs_struct` of
/// `arch/x86/include/asm/user_64.h`, `struct user_pt_regs` of `arch/arm64/include/uapi/asm/ptrace.h`).
package struct RegisterWords {
  private var words: InlineArray<34, UInt64>
  private let count: Int

  #if arch(x86_64)
    static let wordCount = 27
    /// The places of registers by their number in an instruction: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.
    static let encodingOrder: [Int] = [10, 11, 12, 5, 19, 4, 13, 14, 9, 8, 7, 6, 3, 2, 1, 0]
    private static let argumentOrder: [Int] = [14, 13, 12, 11, 9, 8]
    private static let (instruction, stack, resultWord, flagsWord, callWord) = (16, 19, 10, 18, 15)
  #else
    static let wordCount = 34
    private static let (stack, instruction, resultWord, flagsWord) = (31, 32, 0, 33)
  #endif

  /// nil where the thread is gone, or is one of another word size.
  package init?(of thread: Int32) {
    words = InlineArray(repeating: 0)
    var buffer = words
    let result = unsafe withUnsafeMutableBytes(of: &buffer) { bytes in
      unsafe inquest_get_register_words(
        thread, bytes.baseAddress?.assumingMemoryBound(to: UInt64.self), UInt64(Self.wordCount))
    }
    guard result == Int64(Self.wordCount) else { return nil }
    words = buffer
    count = Self.wordCount
  }

  /// Gives them to the thread. False where it is gone.
  @discardableResult
  package func write(to thread: Int32) -> Bool {
    var buffer = words
    return unsafe withUnsafeMutableBytes(of: &buffer) { bytes in
      unsafe inquest_set_register_words(
        thread, bytes.baseAddress?.assumingMemoryBound(to: UInt64.self), UInt64(count))
    } == 0
  }

  /// As the kernel has them: the contents of a core's NT_PRSTATUS register area.
  package var bytes: [UInt8] {
    (0..<count).flatMap { index in (0..<8).map { UInt8(truncatingIfNeeded: words[index] >> UInt64(8 * $0)) } }
  }

  /// A word by its place in the kernel's structure.
  subscript(_ place: Int) -> UInt64 {
    get { words.indices.contains(place) ? words[place] : 0 }
    set { if words.indices.contains(place) { words[place] = newValue } }
  }

  package var instructionPointer: UInt64 {
    get { words[Self.instruction] }
    set { words[Self.instruction] = newValue }
  }
  package var stackPointer: UInt64 {
    get { words[Self.stack] }
    set { words[Self.stack] = newValue }
  }
  /// What a function returned: rax, x0.
  package var result: UInt64 { words[Self.resultWord] }
  var flags: UInt64 {
    get { words[Self.flagsWord] }
    set { words[Self.flagsWord] = newValue }
  }

  /// An integer or pointer argument at the entry of a function, 0 the first; nil for those on the stack.
  package func argument(_ index: Int) -> UInt64? {
    #if arch(x86_64)
      Self.argumentOrder.indices.contains(index) ? words[Self.argumentOrder[index]] : nil
    #else
      (0..<8).contains(index) ? words[index] : nil
    #endif
  }

  /// An argument of the system call that the thread is in, 0 the first.
  package func systemCallArgument(_ index: Int) -> UInt64? {
    #if arch(x86_64)
      index == 3 ? words[7] : argument(index)
    #else
      (0..<6).contains(index) ? words[index] : nil
    #endif
  }

  /// The number of the system call that the thread is in.
  package var systemCall: Int64 {
    #if arch(x86_64)
      Int64(bitPattern: words[Self.callWord])
    #else
      Int64(bitPattern: words[8])
    #endif
  }

  /// fs base on x86-64; nil on aarch64, where it is no general register.
  package var threadPointer: UInt64? {
    #if arch(x86_64)
      words[21]
    #else
      nil
    #endif
  }

  /// At a function's entry: where it will return to.
  package func returnAddress(of process: Int32) -> UInt64? {
    #if arch(x86_64)
      ProcessWords.word(at: stackPointer, of: process)
    #else
      words[30]
    #endif
  }

  /// Where the stack pointer will stand when the function at whose entry the thread is has returned.
  package var stackPointerAfterReturn: UInt64 {
    #if arch(x86_64)
      stackPointer &+ 8
    #else
      stackPointer
    #endif
  }
}

/// Small reads and writes of a stopped process's memory, each one system call.
package enum ProcessWords {
  /// As many of `count` bytes as can be read.
  package static func bytes(at address: UInt64, _ count: Int, of process: Int32) -> [UInt8] {
    guard count > 0, count <= 1 << 20 else { return [] }
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = max(0, Int(unsafe inquest_read_process(process, address, buffer.baseAddress, UInt64(count))))
    }
  }

  /// A word of 8 bytes; nil where it cannot be read.
  package static func word(at address: UInt64, of process: Int32) -> UInt64? {
    var value: UInt64 = 0
    let result = unsafe withUnsafeMutablePointer(to: &value) {
      unsafe inquest_read_process(process, address, $0, 8)
    }
    return result == 8 ? UInt64(littleEndian: value) : nil
  }

  /// A number of 4 bytes; nil where it cannot be read.
  package static func number(at address: UInt64, of process: Int32) -> UInt32? {
    var value: UInt32 = 0
    let result = unsafe withUnsafeMutablePointer(to: &value) {
      unsafe inquest_read_process(process, address, $0, 4)
    }
    return result == 4 ? UInt32(littleEndian: value) : nil
  }

  /// Words of 8 bytes one after another, as many as can be read.
  package static func words(at address: UInt64, _ count: Int, of process: Int32) -> [UInt64] {
    guard count > 0, count <= 1 << 16 else { return [] }
    return unsafe [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized =
        max(0, Int(unsafe inquest_read_process(process, address, buffer.baseAddress, UInt64(count * 8)))) / 8
    }
  }

  static func write(_ value: UInt64, at address: UInt64, of process: Int32) -> Bool {
    var value = value.littleEndian
    return unsafe withUnsafePointer(to: &value) { unsafe inquest_write_process(process, address, $0, 8) } == 8
  }
}
