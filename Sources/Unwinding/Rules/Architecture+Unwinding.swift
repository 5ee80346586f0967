internal import Machine

extension Architecture {
  /// One bit for each general register that a function must preserve, by DWARF number: rbx, rbp, r12 to r15
  /// (System V ABI AMD64, figure 3.4); x19 to x29 (AAPCS64, section 6.1.1). The stack pointer is not among
  /// them, because it is computed.
  var calleeSavedRegisters: UInt64 {
    switch self {
    case .x86_64: 1 << 3 | 1 << 6 | 0xf << 12
    case .aarch64: 0x7ff << 19
    }
  }

  /// Whether a function must preserve the register with DWARF number `number`.
  func isCalleeSaved(_ number: Int) -> Bool {
    number >= 0 && number < 64 && calleeSavedRegisters & (1 << UInt64(number)) != 0
  }

  /// The pointer authentication bits of a return address that is known to be signed, where the dump does not
  /// say which they are: all above a 48-bit user space address.
  var defaultCodePointerMask: UInt64 { self == .aarch64 ? 0xffff_0000_0000_0000 : 0 }
}
