internal import Bytes
internal import Machine

/// AVX-512 instructions, which libc's string functions use and capstone 4 mostly cannot decode: as much of them as
/// tells what they access (Intel SDM volume 2, section 2.7, "Intel AVX-512 Encoding").
struct EVEXInstruction {
  let length: Int
  let access: MemoryAccess?

  /// nil where the bytes are no EVEX instruction, or end within it.
  init?(_ bytes: ByteView) {
    guard bytes.load(UInt8.self, at: 0) == 0x62, let first = bytes.load(UInt8.self, at: 1),
      let second = bytes.load(UInt8.self, at: 2), let third = bytes.load(UInt8.self, at: 3),
      let opcode = bytes.load(UInt8.self, at: 4), let modRM = bytes.load(UInt8.self, at: 5),
      first & 0x08 == 0, second & 0x04 != 0
    else { return nil }
    let map = first & 7
    guard (1...3).contains(map) else { return nil }
    let mode = modRM >> 6
    let vector = min(16 << Int(third >> 5 & 3), 64)
    var offset = 6
    var base: Int?
    var index: Int?
    var scale = 1
    var isPCRelative = false
    var displacement: Int64 = 0
    if mode != 3 {
      let high = first & 0x20 == 0 ? 8 : 0
      if modRM & 7 == 4 {
        guard let scaledIndex = bytes.load(UInt8.self, at: offset) else { return nil }
        offset += 1
        let number = Int(scaledIndex >> 3 & 7) + (first & 0x40 == 0 ? 8 : 0)
        index = number == 4 ? nil : Self.dwarf[number]
        scale = 1 << Int(scaledIndex >> 6)
        base = scaledIndex & 7 == 5 && mode == 0 ? nil : Self.dwarf[Int(scaledIndex & 7) + high]
        if base == nil {
          guard let value = bytes.load(Int32.self, at: offset) else { return nil }
          displacement = Int64(value)
          offset += 4
        }
      } else if modRM & 7 == 5 && mode == 0 {
        guard let value = bytes.load(Int32.self, at: offset) else { return nil }
        (isPCRelative, displacement) = (true, Int64(value))
        offset += 4
      } else {
        base = Self.dwarf[Int(modRM & 7) + high]
      }
      if mode == 1 {
        guard let value = bytes.load(Int8.self, at: offset) else { return nil }
        // One byte of displacement counts in units of what is accessed: the whole vector, here.
        displacement = Int64(value) * Int64(vector)
        offset += 1
      } else if mode == 2 {
        guard let value = bytes.load(Int32.self, at: offset) else { return nil }
        displacement = Int64(value)
        offset += 4
      }
    }
    // All of map 3 has an immediate byte; of map 1, the shuffles, shifts, compares and inserts.
    if map == 3 || map == 1 && ((0x70...0x73).contains(opcode) || [0xc2, 0xc4, 0xc5, 0xc6].contains(opcode)) {
      offset += 1
    }
    guard offset <= bytes.count else { return nil }
    length = offset
    // Gathers and scatters have a vector of addresses; broadcasts and narrow forms read less than a vector.
    let isScattered = map == 2 && ((0x90...0x93).contains(opcode) || (0xa0...0xa3).contains(opcode))
    let isStore = map == 1 && [0x11, 0x13, 0x17, 0x29, 0x2b, 0x7f, 0xe7].contains(opcode)
    let isWhole = third & 0x10 == 0
    access =
      mode == 3
      ? nil
      : MemoryAccess(
        direction: isStore ? .write : .read, size: isWhole ? vector : nil, base: base, index: index, scale: scale,
        displacement: displacement, isPCRelative: isPCRelative, isUnknown: isScattered)
  }

  /// DWARF's numbers of the processor's registers rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8...r15.
  private static let dwarf = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15]

  func instruction(at address: UInt64, _ bytes: ByteView) -> Instruction? {
    guard let own = bytes.slice(0, length)?.array else { return nil }
    let names = Architecture.x86_64
    var operand = ""
    if let access, !access.isUnknown {
      let parts =
        [
          access.base.flatMap(names.registerName),
          access.index.flatMap(names.registerName).map { "\($0)*\(access.scale)" },
        ]
        .compactMap { $0 } + (access.isPCRelative ? ["rip"] : [])
      operand = "[" + parts.joined(separator: " + ")
      if access.displacement != 0 { operand += (parts.isEmpty ? "" : " + ") + "\(access.displacement)" }
      operand += "]"
    }
    return Instruction(
      address: address, bytes: own, mnemonic: "(avx-512)", operands: operand, accesses: access.map { [$0] } ?? [],
      kind: .other)
  }
}
