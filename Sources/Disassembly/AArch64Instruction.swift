internal import Bytes
internal import CCapstone
internal import Machine

extension Disassembler {
  func aarch64Instruction(at address: UInt64, _ bytes: ByteView) -> Instruction? {
    guard let word = bytes.load(UInt32.self, at: 0), let own = bytes.slice(0, 4)?.array else { return nil }
    let accesses = A64.accesses(word)
    let kind = A64.kind(word)
    guard let decoded = unsafe decode(at: address, bytes) else {
      // Newer instructions than capstone 4 knows (pointer authentication, atomics, `udf`) still have a meaning here.
      let isUndefined = word >> 16 == 0
      guard isUndefined || !accesses.isEmpty || kind != .other else { return nil }
      return Instruction(
        address: address, bytes: own, mnemonic: isUndefined ? "udf" : ".inst",
        operands: isUndefined ? "#\(word & 0xffff)" : "0x" + String(word, radix: 16), accesses: accesses, kind: kind,
        target: A64.target(word, at: address))
    }
    let (mnemonic, operands) = unsafe text(of: decoded)
    let masks = unsafe registers(of: decoded) { Self.a64Register($0) }
    return Instruction(
      address: address, bytes: own, mnemonic: mnemonic, operands: operands, accesses: accesses, kind: kind,
      target: A64.target(word, at: address), registersRead: masks.0, registersWritten: masks.1)
  }

  /// The DWARF number of capstone's register: x0...x30 and their halves, sp.
  private static func a64Register(_ register: UInt32) -> Int? {
    switch register {
    case ARM64_REG_X0.rawValue...ARM64_REG_X28.rawValue: Int(register - ARM64_REG_X0.rawValue)
    case ARM64_REG_W0.rawValue...ARM64_REG_W30.rawValue: Int(register - ARM64_REG_W0.rawValue)
    case ARM64_REG_X29.rawValue: 29
    case ARM64_REG_X30.rawValue: 30
    case ARM64_REG_SP.rawValue, ARM64_REG_WSP.rawValue: 31
    default: nil
    }
  }
}

/// The A64 instruction set as far as a diagnosis asks (Arm Architecture Reference Manual, DDI 0487, chapter C4).
enum A64 {
  static func kind(_ word: UInt32) -> Instruction.Kind {
    if word & 0xfc00_0000 == 0x9400_0000 { return .call }  // BL
    if word & 0xffff_fc1f == 0xd63f_0000 || word & 0xfeff_f800 == 0xd63f_0800 { return .call }  // BLR, BLRAA, BLRAB
    if word & 0xffff_fc1f == 0xd65f_0000 || word & 0xffff_fbff == 0xd65f_0bff { return .return }  // RET, RETAA, RETAB
    if word & 0xfc00_0000 == 0x1400_0000 || word & 0xff00_0000 == 0x5400_0000 { return .jump }  // B, B.cond
    if word & 0xffff_fc1f == 0xd61f_0000 || word & 0xfeff_f800 == 0xd61f_0800 { return .jump }  // BR, BRAA, BRAB
    if word & 0x7e00_0000 == 0x3400_0000 || word & 0x7e00_0000 == 0x3600_0000 { return .jump }  // CBZ, TBZ
    if word & 0x7fe0_f800 == 0x1ac0_0800 { return .divide }  // UDIV, SDIV
    if word & 0xffe0_001f == 0xd420_0000 || word & 0xffe0_001f == 0xd440_0000 { return .trap }  // BRK, HLT
    if word >> 16 == 0 { return .trap }  // UDF
    if word & 0xffe0_001f == 0xd400_0001 { return .systemCall }  // SVC
    if word & 0xffe0_001f == 0xd400_0002 || word & 0xffe0_001f == 0xd400_0003 { return .privileged }  // HVC, SMC
    if word & 0xff80_03ff == 0xd100_03ff {  // SUB SP, SP, #imm
      let amount = UInt64(word >> 10 & 0xfff)
      return .stackAllocation(word & 1 << 22 == 0 ? amount : amount << 12)
    }
    return .other
  }

  /// Where a direct branch goes; wraps.
  static func target(_ word: UInt32, at address: UInt64) -> UInt64? {
    if word & 0x7c00_0000 == 0x1400_0000 { return address &+ signed(word, bits: 26, at: 0) &* 4 }  // B, BL
    if word & 0xff00_0000 == 0x5400_0000 || word & 0x7e00_0000 == 0x3400_0000 {  // B.cond, CBZ
      return address &+ signed(word, bits: 19, at: 5) &* 4
    }
    if word & 0x7e00_0000 == 0x3600_0000 { return address &+ signed(word, bits: 14, at: 5) &* 4 }  // TBZ
    return nil
  }

  /// A signed field of `bits` bits whose lowest is bit `at`, sign-extended.
  static func signed(_ word: UInt32, bits: UInt32, at: UInt32) -> UInt64 {
    UInt64(bitPattern: Int64(Int32(bitPattern: word << (32 - bits - at)) >> Int32(32 - bits)))
  }
}
