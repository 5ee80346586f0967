internal import Bytes
internal import Machine

/// Tells return addresses from other numbers that happen to be addresses of code.
struct CallSite {
  let engine: UnwindEngine

  /// Whether `address` lies in code and, as far as the code can be read, behind a call.
  func isPlausible(_ address: UInt64) -> Bool {
    guard address != 0, engine.code.module(containing: address &- 1) != nil else { return false }
    return follows(address) ?? true
  }

  /// Whether `address` lies in code that can be read, behind a call.
  func isProved(_ address: UInt64) -> Bool {
    guard address != 0, engine.code.module(containing: address &- 1) != nil else { return false }
    return follows(address) ?? false
  }

  /// Whether the instruction before `address` is a call; nil where the code cannot be read.
  private func follows(_ address: UInt64) -> Bool? {
    switch engine.architecture {
    case .x86_64:
      guard address >= 8, let bytes = engine.memory.read(address - 8, 8) else { return nil }
      return Self.endsWithX86Call(bytes)
    case .aarch64:
      guard address & 3 == 0, address >= 4 else { return false }
      guard let word = engine.memory.load(UInt32.self, at: address - 4) else { return nil }
      return Self.isAArch64Call(word)
    }
  }

  /// Whether eight bytes can end with a near call: `e8` and four bytes, or `ff /2` with any operand (Intel SDM,
  /// volume 2, "CALL").
  static func endsWithX86Call(_ bytes: ByteView) -> Bool {
    func byte(_ index: Int) -> UInt8 { bytes.load(UInt8.self, at: index) ?? 0 }
    if byte(3) == 0xe8 { return true }
    for length in 2...7 where byte(8 - length) == 0xff {
      let modRM = byte(9 - length)
      guard (modRM >> 3) & 7 == 2 else { continue }
      let hasSIB = modRM & 7 == 4
      let size =
        switch modRM >> 6 {
        case 3: 2
        case 2: hasSIB ? 7 : 6
        case 1: hasSIB ? 4 : 3
        default:
          if hasSIB { length > 2 && byte(10 - length) & 7 == 5 ? 7 : 3 } else { modRM & 7 == 5 ? 6 : 2 }
        }
      if size == length { return true }
    }
    return false
  }

  /// Whether an instruction is BL, BLR, or one of BLR's authenticating forms (Arm ARM, C6.2).
  static func isAArch64Call(_ word: UInt32) -> Bool {
    word & 0xfc00_0000 == 0x9400_0000 || word & 0xffff_fc1f == 0xd63f_0000 || word & 0xfeff_f800 == 0xd63f_0800
  }
}
