/// An aarch64 instruction, as far as it tells where a return address is (Arm ARM, C6.2).
struct AArch64Instruction {
  let word: UInt32

  init(_ word: UInt32) { self.word = word }

  /// BL, BLR, and BLR's authenticating forms.
  var isCall: Bool {
    word & 0xfc00_0000 == 0x9400_0000 || word & 0xffff_fc1f == 0xd63f_0000 || word & 0xfeff_f800 == 0xd63f_0800
  }

  /// RET and its authenticating forms.
  var isReturn: Bool { word & 0xffff_fc1f == 0xd65f_0000 || word == 0xd65f_0bff || word == 0xd65f_0fff }

  /// Where a BL at `address` goes.
  func branchTarget(at address: UInt64) -> UInt64? {
    guard word & 0xfc00_0000 == 0x9400_0000 else { return nil }
    let distance = Int64(Int32(bitPattern: word << 6) >> 6) * 4
    return address &+ UInt64(bitPattern: distance)
  }

  /// STP X29, X30, [SP, #n]!: how far it moves the stack pointer down, in bytes.
  var framePush: Int64? {
    word & 0xffc0_7fff == 0xa980_7bfd ? -Int64(Int32(bitPattern: word << 10) >> 25) * 8 : nil
  }

  /// STP X29, X30, [SP, #n]: the frame record at an offset.
  var storesFrameRecord: Bool { word & 0xffc0_7fff == 0xa900_7bfd }

  /// STR X30, [SP, #-n]!.
  var pushesLinkRegister: Bool { word & 0xffe0_0fff == 0xf800_0ffe }

  /// LDP X29, X30, [SP], #n or [SP, #n], or LDR X30, [SP], #n: the link register is the caller's again.
  var restoresLinkRegister: Bool {
    word & 0xffc0_7fff == 0xa8c0_7bfd || word & 0xffc0_7fff == 0xa940_7bfd || word & 0xffe0_0fff == 0xf840_07fe
  }

  /// SUB SP, SP, #n: n.
  var stackAllocation: UInt64? {
    guard word & 0xff80_03ff == 0xd100_03ff else { return nil }
    let amount = UInt64((word >> 10) & 0xfff)
    return word & 1 << 22 != 0 ? amount << 12 : amount
  }

  /// MOV X29, SP or ADD X29, SP, #n.
  var setsFramePointer: Bool { word & 0xffc0_03ff == 0x9100_03fd }

  /// MOV X29, #0: what an entry point does that wants its frame to be the outermost.
  var clearsFramePointer: Bool { word == 0xd280_001d || word == 0xaa1f_03fd }
}
