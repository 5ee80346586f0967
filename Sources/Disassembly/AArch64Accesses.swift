/// Loads and stores of A64 by their encodings (Arm Architecture Reference Manual, DDI 0487, section C4.1,
/// "Loads and Stores"). Scalable vector instructions are not decoded.
extension A64 {
  /// What the instruction accesses, or nothing. Prefetches, which never fault, are no accesses.
  static func accesses(_ word: UInt32) -> [MemoryAccess] {
    // DC ZVA: a block, usually of 64 bytes, around the register's address.
    if word & 0xffff_ffe0 == 0xd50b_7420 { return [access(.write, nil, base: word & 31)] }
    guard word >> 25 & 0b0101 == 0b0100 else { return [] }
    if word & 0x3b00_0000 == 0x1800_0000 { return literal(word) }
    if word & 0x3a00_0000 == 0x2800_0000 { return [pair(word)] }
    if word & 0x3f00_0000 == 0x0800_0000 { return [exclusive(word)] }
    if word & 0xbe00_0000 == 0x0c00_0000 { return [structure(word)] }
    if word & 0xff20_0000 == 0xd920_0000 { return [tag(word)] }
    if word & 0x3f20_0c00 == 0x1900_0000 { return single(word, displacement: signed(word, bits: 9, at: 12)) }
    if word & 0x3a00_0000 == 0x3800_0000 { return register(word) }
    return []
  }

  private static func access(
    _ direction: MemoryAccess.Direction, _ size: Int?, base: UInt32, displacement: UInt64 = 0
  ) -> MemoryAccess {
    MemoryAccess(
      direction: direction, size: size, base: Int(base), displacement: Int64(bitPattern: displacement))
  }

  private static func literal(_ word: UInt32) -> [MemoryAccess] {
    let isVector = word & 1 << 26 != 0
    let option = Int(word >> 30)
    guard isVector || option != 3 else { return [] }  // PRFM
    let size = isVector ? 4 << option : option == 1 ? 8 : 4
    let displacement = signed(word, bits: 19, at: 5) &* 4
    return [
      MemoryAccess(
        direction: .read, size: size, base: nil, displacement: Int64(bitPattern: displacement), isPCRelative: true)
    ]
  }

  private static func pair(_ word: UInt32) -> MemoryAccess {
    let option = Int(word >> 30)
    let isVector = word & 1 << 26 != 0
    let isLoad = word & 1 << 22 != 0
    let size: Int
    if isVector { size = 4 << min(option, 2) } else { size = option == 2 || option == 1 && !isLoad ? 8 : 4 }
    let scale = option == 1 && !isVector && !isLoad ? 16 : size  // STGP counts in granules of 16 bytes.
    let isPostIndexed = word >> 23 & 3 == 1
    let offset = isPostIndexed ? 0 : signed(word, bits: 7, at: 15) &* UInt64(scale)
    return access(isLoad ? .read : .write, 2 * size, base: word >> 5 & 31, displacement: offset)
  }

  private static func exclusive(_ word: UInt32) -> MemoryAccess {
    let size = 1 << Int(word >> 30)
    let isOrdered = word & 1 << 23 != 0
    let isLoad = word & 1 << 22 != 0
    let base = word >> 5 & 31
    guard word & 1 << 21 != 0 else { return access(isLoad ? .read : .write, size, base: base) }
    if isOrdered { return access(.readWrite, size, base: base) }  // CAS
    if word & 1 << 31 == 0 { return access(.readWrite, 8 << Int(word >> 30 & 1), base: base) }  // CASP
    return access(isLoad ? .read : .write, 2 * size, base: base)  // LDXP, STXP
  }

  /// LD1...LD4, ST1...ST4: of whole registers or of one element each.
  private static func structure(_ word: UInt32) -> MemoryAccess {
    let direction: MemoryAccess.Direction = word & 1 << 22 != 0 ? .read : .write
    let base = word >> 5 & 31
    let quad = word & 1 << 30 != 0 ? 16 : 8
    guard word & 1 << 24 != 0 else {
      let registers: [UInt32: Int] = [0: 4, 2: 4, 4: 3, 6: 3, 7: 1, 8: 2, 10: 2]
      return access(direction, registers[word >> 12 & 15].map { $0 * quad }, base: base)
    }
    let option = word >> 13 & 7
    let elements = Int((option & 1) << 1 | word >> 21 & 1) + 1
    let sizeField = word >> 10 & 3
    let scale = option >> 1 == 3 ? sizeField : option >> 1 == 2 ? (sizeField & 1 == 1 ? 3 : 2) : option >> 1
    return access(direction, elements << Int(scale), base: base)
  }

  /// STG, LDG and their kin (memory tagging).
  private static func tag(_ word: UInt32) -> MemoryAccess {
    let isPostIndexed = word >> 10 & 3 == 1
    let isLoad = word >> 22 & 3 == 1 && word >> 10 & 3 == 0
    let offset = isPostIndexed ? 0 : signed(word, bits: 9, at: 12) &* 16
    return access(isLoad ? .read : .write, nil, base: word >> 5 & 31, displacement: offset)
  }

  /// The forms with one register: unsigned, unscaled, pre- and post-indexed offsets, register offsets, atomics.
  private static func register(_ word: UInt32) -> [MemoryAccess] {
    let base = word >> 5 & 31
    if word & 1 << 24 != 0 {
      let isQuad = word & 1 << 26 != 0 && word >> 30 == 0 && word & 1 << 23 != 0
      return single(word, displacement: UInt64(word >> 10 & 0xfff) << UInt64(isQuad ? 4 : word >> 30))
    }
    if word & 1 << 21 == 0 {
      let isPostIndexed = word >> 10 & 3 == 1
      return single(word, displacement: isPostIndexed ? 0 : signed(word, bits: 9, at: 12))
    }
    switch word >> 10 & 3 {
    case 0:
      guard word & 1 << 26 == 0 else { return [] }
      let isLoadAcquire = word >> 12 & 15 == 0b1100  // LDAPR
      return [access(isLoadAcquire ? .read : .readWrite, 1 << Int(word >> 30), base: base)]
    case 2:
      return single(word, displacement: 0, isIndexed: true)
    default:
      // LDRAA, LDRAB: the base is authenticated; a sign bit apart from the nine others.
      guard word >> 30 == 3, word & 1 << 26 == 0 else { return [] }
      let low = UInt64(word >> 12 & 0x1ff)
      let offset = word & 1 << 22 != 0 ? low &- 512 : low
      return [access(.read, 8, base: base, displacement: offset &* 8)]
    }
  }

  private static func single(_ word: UInt32, displacement: UInt64, isIndexed: Bool = false) -> [MemoryAccess] {
    let width = Int(word >> 30)
    let option = word >> 22 & 3
    let isVector = word & 1 << 26 != 0
    if !isVector && width == 3 && option == 2 { return [] }  // PRFM, PRFUM
    let isQuad = isVector && option & 2 != 0
    let size = isQuad ? 16 : 1 << width
    let isStore = isVector ? option & 1 == 0 : option == 0
    guard isIndexed else {
      return [access(isStore ? .write : .read, size, base: word >> 5 & 31, displacement: displacement)]
    }
    let index = Int(word >> 16 & 31)
    let isScaled = word & 1 << 12 != 0
    let extend: MemoryAccess.Extension =
      switch word >> 13 & 7 {
      case 2: .zero32
      case 6: .sign32
      default: .none
      }
    return [
      MemoryAccess(
        direction: isStore ? .write : .read, size: size, base: Int(word >> 5 & 31), index: index == 31 ? nil : index,
        indexExtension: extend, scale: isScaled ? size : 1)
    ]
  }
}
