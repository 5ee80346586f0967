/// Rewrites an instruction whose memory operand is relative to rip into one relative to a register: ModRM mod 00, rm 101
/// becomes mod 10 with that register, the same displacement behind it (Intel SDM volume 2, tables 2-2 and 2-7).
enum X86Rebasing {
  /// - Returns: nil for encodings other than the legacy ones (VEX, EVEX, XOP), which no function begins with.
  static func rebased(_ bytes: [UInt8]) -> (bytes: [UInt8], register: Int)? {
    var at = 0
    while at < bytes.count, [0x66, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0xf0].contains(bytes[at]) { at += 1 }
    var result = bytes
    if at < bytes.count, bytes[at] & 0xf0 == 0x40 {
      // REX.B would number the base register anew; rip ignores it.
      result[at] &= ~1
      at += 1
    }
    guard at < bytes.count, ![0xc4, 0xc5, 0x62, 0x8f].contains(bytes[at]) else { return nil }
    if bytes[at] == 0x0f {
      at += 1
      if at < bytes.count, bytes[at] == 0x38 || bytes[at] == 0x3a { at += 1 }
    }
    at += 1
    guard at < bytes.count, bytes[at] & 0xc7 == 0x05 else { return nil }
    let modRM = bytes[at]
    // rsi or rdi, whichever the instruction does not name; implicit operands are rax, rcx, rdx, rbx and, in string
    // instructions, which have no ModRM, rsi and rdi.
    let register = modRM >> 3 & 7 == 6 ? 7 : 6
    result[at] = modRM & 0x38 | 0x80 | UInt8(register)
    return (result, register)
  }
}
