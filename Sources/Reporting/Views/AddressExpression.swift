/// An address as people write it: `0x7f12`, `4096`, `getenv`, `getenv+172`, `$sp`, `$rbp-0x18`.
package struct AddressExpression: Equatable, Sendable {
  package enum Base: Equatable, Sendable {
    case number(UInt64)
    case symbol(String)
    /// Without its dollar sign: "sp", "pc", "fp" on every architecture, or the architecture's own name.
    case register(String)
  }

  package let base: Base
  /// What is added. Wraps.
  package let offset: UInt64

  /// - Returns: nil where `text` is no address.
  package init?(_ text: String) {
    if let number = Self.number(text[...]) {
      (base, offset) = (.number(number), 0)
      return
    }
    var stem = text[...]
    var offset: UInt64 = 0
    if let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }), sign != text.startIndex,
      let number = Self.number(text[text.index(after: sign)...])
    {
      stem = text[..<sign]
      offset = text[sign] == "+" ? number : 0 &- number
    }
    if let number = Self.number(stem) {
      base = .number(number)
    } else if stem.hasPrefix("$") {
      guard stem.count > 1 else { return nil }
      base = .register(String(stem.dropFirst()))
    } else {
      guard !stem.isEmpty, stem.first?.isNumber == false else { return nil }
      base = .symbol(String(stem))
    }
    self.offset = offset
  }

  /// A number in decimal, or in hexadecimal after "0x".
  package static func number(_ text: Substring) -> UInt64? {
    text.hasPrefix("0x") || text.hasPrefix("0X") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }
}
