/// Bytes of memory, sixteen a line, in hexadecimal and as text.
struct HexDumpText {
  private let page: TextPage

  init(_ page: TextPage) { self.page = page }

  /// - Parameters:
  ///   - bytes: in hexadecimal, without spaces.
  ///   - address: of the first.
  ///   - indent: how many columns each line begins with.
  func write(_ bytes: String, at address: HexAddress, indent: Int) {
    let digits = Array(bytes.utf8)
    for start in stride(from: 0, to: digits.count, by: 32) {
      page.spaces(indent)
      page.put("0x")
      page.output.append(hexadecimal: address.value &+ UInt64(start / 2), digits: 12)
      page.put(" ")
      var text: [UInt8] = []
      for offset in stride(from: start, to: start + 32, by: 2) {
        if (offset - start) % 16 == 0 { page.put(" ") }
        guard offset + 1 < digits.count else {
          page.put("   ")
          continue
        }
        page.output.append(byte: digits[offset])
        page.output.append(byte: digits[offset + 1])
        page.put(" ")
        let value = Self.value(digits[offset]) << 4 | Self.value(digits[offset + 1])
        text.append(value >= 0x20 && value < 0x7f ? value : 0x2e)
      }
      page.put(" ")
      for byte in text { page.output.append(byte: byte) }
      page.endLine()
    }
  }

  private static func value(_ digit: UInt8) -> UInt8 { digit < 0x3a ? digit - 0x30 : digit - 0x57 }
}
