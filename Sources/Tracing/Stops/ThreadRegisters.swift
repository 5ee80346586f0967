internal import CLinux
package import Machine

extension StoppedThread {
  /// All general registers as the kernel has them (PTRACE_GETREGSET, NT_PRSTATUS); nil where the thread is gone, or is of
  /// another architecture than this host's, as 32-bit programs are.
  package borrowing func userRegisters() -> UserRegisters? { UserRegisters(of: thread) }

  /// The general registers by DWARF number; nil as for ``userRegisters()``.
  package borrowing func registers() -> RegisterSet? { userRegisters()?.registers }

  /// Sets all general registers. Returns whether the thread has them now: it may be gone.
  package borrowing func setUserRegisters(_ registers: UserRegisters) -> Bool { registers.set(to: thread) }

  /// Sets those registers that are known in `registers`, and leaves the others. Returns whether the thread has them now.
  package borrowing func setRegisters(_ registers: RegisterSet) -> Bool {
    guard var all = userRegisters() else { return false }
    all.registers = registers
    return setUserRegisters(all)
  }

  /// A register set by its note's type (`include/uapi/linux/elf.h`: NT_PRFPREG 2, NT_X86_XSTATE 0x202, NT_ARM_TLS 0x401);
  /// nil where the thread is gone, or this processor has none.
  ///
  /// - Parameter limit: at most so many bytes.
  package borrowing func registerSet(_ type: UInt32, limit: Int = 16384) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe inquest_get_registers(thread, Int32(bitPattern: type), bytes.baseAddress, UInt64(bytes.count))
    }
    guard count > 0, count <= limit else { return nil }
    buffer.removeLast(limit - Int(count))
    return buffer
  }

  /// The siginfo of a signal-delivery stop (PTRACE_GETSIGINFO): `siginfo_t`, 128 bytes. In other stops it says which stop
  /// it is: si_code is then SIGTRAP with the event in its second byte. nil where the thread is gone, or in a group stop.
  package borrowing func signalInformation() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 128)
    let result = unsafe buffer.withUnsafeMutableBytes { bytes in
      inquest_ptrace(Request.signalInformation, thread, 0, UInt64(UInt(bitPattern: bytes.baseAddress)))
    }
    return result == 0 ? buffer : nil
  }
}

/// NT_PRSTATUS.
private let generalRegisters: Int32 = 1

extension UserRegisters {
  /// Those of a thread that the calling one traces, and that is stopped; nil where it is gone, or not of this
  /// architecture.
  init?(of thread: Int32) {
    self.init(.host)
    let size = UInt64(Self.count(.host) * 8)
    let count = unsafe withUnsafeMutableBytes(of: &words) { bytes in
      unsafe inquest_get_registers(thread, generalRegisters, bytes.baseAddress, size)
    }
    guard count == Int64(size) else { return nil }
  }

  /// Gives them to it. Returns whether it has them now.
  func set(to thread: Int32) -> Bool {
    let size = UInt64(Self.count(architecture) * 8)
    return unsafe withUnsafeBytes(of: words) { bytes in
      unsafe inquest_set_registers(thread, generalRegisters, bytes.baseAddress, size)
    } == 0
  }
}
