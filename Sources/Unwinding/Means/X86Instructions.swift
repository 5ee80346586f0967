internal import Bytes

/// The few x86-64 instructions that functions begin and end with, and calls (Intel SDM, volume 2).
enum X86Instructions {
  /// What one instruction at the beginning or end of a function does to the stack.
  enum Effect: Equatable {
    /// `endbr64`, `nop`.
    case none
    case push(register: Int)
    case pop(register: Int)
    /// `sub $n, %rsp`, or `add` with a negative one.
    case adjust(Int64)
    /// `mov %rsp, %rbp`.
    case setFramePointer
    case leave
    case ret
  }

  /// DWARF numbers by the processor's: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.
  private static func dwarf(_ number: Int) -> Int {
    switch number {
    case 1: 2
    case 2: 1
    case 4: 7
    case 5: 6
    case 6: 4
    case 7: 5
    default: number
    }
  }

  /// The instruction at `offset`; nil where it is no such one.
  static func decode(_ bytes: ByteView, at offset: Int) -> (effect: Effect, length: Int)? {
    func byte(_ index: Int) -> UInt8? { bytes.load(UInt8.self, at: offset + index) }
    guard let first = byte(0) else { return nil }
    switch first {
    case 0x50...0x57: return (.push(register: dwarf(Int(first & 7))), 1)
    case 0x58...0x5f: return (.pop(register: dwarf(Int(first & 7))), 1)
    case 0x41:
      guard let second = byte(1) else { return nil }
      if second & 0xf8 == 0x50 { return (.push(register: 8 + Int(second & 7)), 2) }
      if second & 0xf8 == 0x58 { return (.pop(register: 8 + Int(second & 7)), 2) }
      return nil
    case 0x48: return decodeWide(bytes, offset)
    case 0x90: return (.none, 1)
    case 0xc9: return (.leave, 1)
    case 0xc3: return (.ret, 1)
    case 0xc2: return (.ret, 3)
    case 0xf3:
      if byte(1) == 0xc3 { return (.ret, 2) }
      if byte(1) == 0x0f, byte(2) == 0x1e, byte(3) == 0xfa { return (.none, 4) }
      return nil
    default: return nil
    }
  }

  /// Instructions with REX.W.
  private static func decodeWide(_ bytes: ByteView, _ offset: Int) -> (effect: Effect, length: Int)? {
    let opcode = bytes.load(UInt8.self, at: offset + 1)
    let modRM = bytes.load(UInt8.self, at: offset + 2)
    switch (opcode, modRM) {
    case (0x89, 0xe5), (0x8b, 0xec): return (.setFramePointer, 3)
    case (0x83, 0xec): return bytes.load(Int8.self, at: offset + 3).map { (.adjust(-Int64($0)), 4) }
    case (0x83, 0xc4): return bytes.load(Int8.self, at: offset + 3).map { (.adjust(Int64($0)), 4) }
    case (0x81, 0xec): return bytes.load(Int32.self, at: offset + 3).map { (.adjust(-Int64($0)), 7) }
    case (0x81, 0xc4): return bytes.load(Int32.self, at: offset + 3).map { (.adjust(Int64($0)), 7) }
    default: return nil
    }
  }

  /// Whether eight bytes can end with a near call: `e8` and four bytes, or `ff /2` with any operand.
  static func endsWithCall(_ bytes: ByteView) -> Bool {
    func byte(_ index: Int) -> UInt8 { bytes.load(UInt8.self, at: index) ?? 0 }
    if byte(3) == 0xe8 { return true }
    for length in 2...7 where byte(8 - length) == 0xff {
      let modRM = byte(9 - length)
      let sib = length > 2 ? byte(10 - length) : 0
      if (modRM >> 3) & 7 == 2, operandLength(modRM, sib) + 1 == length { return true }
    }
    return false
  }

  /// The number of bytes of ModR/M, SIB and displacement.
  private static func operandLength(_ modRM: UInt8, _ sib: UInt8) -> Int {
    let hasSIB = modRM & 7 == 4
    return switch modRM >> 6 {
    case 3: 1
    case 2: hasSIB ? 6 : 5
    case 1: hasSIB ? 3 : 2
    default:
      if hasSIB { sib & 7 == 5 ? 6 : 2 } else { modRM & 7 == 5 ? 5 : 1 }
    }
  }
}
