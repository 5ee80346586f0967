internal import Bytes

/// A header block of a tar archive: ustar (POSIX.1-1988), with pax records (POSIX.1-2001) for what does not fit.
struct TarHeader: Equatable {
  static let blockSize = 512

  /// The member's name, prefix and name joined.
  var name: String
  /// In bytes.
  var size: UInt64
  /// typeflag: `0` for a regular file, `x` for pax records about the next member.
  var type: UInt8

  static let regular = UInt8(ascii: "0")
  static let folder = UInt8(ascii: "5")
  static let records = UInt8(ascii: "x")

  /// The block as it stands in an archive. A name of more than 100 bytes must have been put into pax records.
  var block: [UInt8] {
    var block = [UInt8](repeating: 0, count: Self.blockSize)
    func put(_ text: some Sequence<UInt8>, at offset: Int, size: Int) {
      for (index, byte) in text.prefix(size).enumerated() { block[offset + index] = byte }
    }
    func octal(_ value: UInt64, at offset: Int, digits: Int) {
      let text = String(value, radix: 8)
      put((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8, at: offset, size: digits)
    }
    put(name.utf8, at: 0, size: 100)
    octal(0o600, at: 100, digits: 7)
    octal(0, at: 108, digits: 7)
    octal(0, at: 116, digits: 7)
    octal(min(size, Self.largestOctal), at: 124, digits: 11)
    octal(0, at: 136, digits: 11)
    block[156] = type
    put("ustar\u{0}00".utf8, at: 257, size: 8)
    put(repeatElement(UInt8(ascii: " "), count: 8), at: 148, size: 8)
    octal(UInt64(block.reduce(0) { $0 + Int($1) }), at: 148, digits: 6)
    block[154] = 0
    return block
  }

  /// What eleven octal digits can say: 8 GiB less one.
  static let largestOctal: UInt64 = 0o777_7777_7777
}

extension TarHeader {
  /// Reads a block; nil where it is none, or its checksum is wrong.
  init?(_ block: ByteView) {
    guard block.count == Self.blockSize, block.slice(257, 5)?.equals("ustar") == true,
      let stated = Self.octal(block, 148, 8)
    else { return nil }
    let bytes = block.array
    let sum = bytes.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(bytes[$1])) }
    guard stated == UInt64(sum), let size = Self.number(block, 124, 12) else { return nil }
    let prefix = Self.text(block, 345, 155)
    let name = Self.text(block, 0, 100)
    self.init(
      name: prefix.isEmpty ? name : prefix + "/" + name, size: size, type: bytes[156] == 0 ? Self.regular : bytes[156])
  }

  private static func text(_ block: ByteView, _ offset: Int, _ size: Int) -> String {
    guard let field = block.slice(offset, size) else { return "" }
    return (field.cString(at: 0) ?? field).text
  }

  /// Octal digits, or GNU's binary form for what is larger.
  private static func number(_ block: ByteView, _ offset: Int, _ size: Int) -> UInt64? {
    guard let first = block.load(UInt8.self, at: offset) else { return nil }
    guard first & 0x80 != 0 else { return octal(block, offset, size) }
    return block.load(UInt64.self, at: offset + size - 8)?.byteSwapped
  }

  private static func octal(_ block: ByteView, _ offset: Int, _ size: Int) -> UInt64? {
    let digits = text(block, offset, size).filter { $0 != " " }
    return digits.isEmpty ? 0 : UInt64(digits, radix: 8)
  }
}
