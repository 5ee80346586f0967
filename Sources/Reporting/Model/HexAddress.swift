/// An address in the target, which reports spell "0x7f…": JSON's numbers lose bits beyond the 53rd.
package struct HexAddress: Codable, Sendable, Hashable, ExpressibleByIntegerLiteral {
  package var value: UInt64

  package init(_ value: UInt64) { self.value = value }
  package init(integerLiteral value: UInt64) { self.value = value }

  /// "0x" and the address in lower-case hexadecimal, without leading zeros.
  package var text: String { "0x" + String(value, radix: 16) }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  /// - Throws: `DecodingError.dataCorrupted` where the string is not "0x" and at most 16 hexadecimal digits.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard text.hasPrefix("0x"), let value = UInt64(text.dropFirst(2), radix: 16) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no address: \(text)")
    }
    self.value = value
  }
}
