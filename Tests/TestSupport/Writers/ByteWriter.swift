/// Little-endian bytes, written one value after another.
public struct ByteWriter: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public var count: Int { bytes.count }

  public mutating func append(_ values: [UInt8]) { bytes += values }

  /// An integer in as many bytes as its type has.
  public mutating func append<T: FixedWidthInteger>(_ value: T) {
    var rest = value
    for _ in 0..<(T.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest = T.bitWidth > 8 ? rest >> 8 : 0
    }
  }

  public mutating func append(zeros count: Int) { bytes += [UInt8](repeating: 0, count: count) }

  /// Text with a zero byte behind it.
  public mutating func append(cString text: String) { bytes += Array(text.utf8) + [0] }

  /// Text in a field of fixed size, cut or filled up with zeros.
  public mutating func append(text: String, size: Int) {
    let characters = Array(text.utf8.prefix(size))
    append(characters)
    append(zeros: size - characters.count)
  }

  /// Zeros up to a multiple of `alignment`.
  public mutating func align(to alignment: Int) {
    append(zeros: (alignment - bytes.count % alignment) % alignment)
  }

  /// Writes over what stands at `offset`.
  public mutating func replace<T: FixedWidthInteger>(at offset: Int, with value: T) {
    var part = ByteWriter()
    part.append(value)
    bytes.replaceSubrange(offset..<(offset + part.count), with: part.bytes)
  }
}
