internal import Reporting

/// HTML or SVG that is safe to put into a page: whatever came from a target was escaped when it was put in.
struct Markup: Sendable {
  private(set) var text = ""

  /// Takes `text` for markup: only for what is ours, or was escaped.
  init(verbatim text: String) { self.text = text }

  /// Nothing yet.
  init() {}

  /// Appends markup of our own.
  mutating func append(_ markup: StaticString) { text += markup.description }

  /// Appends markup that was built before.
  mutating func append(_ markup: Markup) { text += markup.text }

  /// Appends text, escaped for content and for quoted attributes alike.
  mutating func append(escaping other: String) { text += Self.escaped(other) }

  /// Appends a number with at most two digits behind the point, as SVG takes it.
  mutating func append(_ number: Double) { text += Self.number(number) }

  /// Texts are cut after this many bytes of UTF-8: a name that a core holds may be as long as the core.
  static let longestText = 6000

  /// `text` for content and for quoted attributes of HTML and SVG.
  ///
  /// First whatever does not print as itself is spelled out (``Escaping``): control characters, what turns the
  /// direction of writing, combining marks. Then, byte by byte, what HTML gives a meaning.
  static func escaped(_ text: String) -> String {
    let isLong = text.utf8.count > longestText
    let shown = isLong ? String(decoding: text.utf8.prefix(longestText), as: UTF8.self) : text
    let plain = Escaping.escaped(shown)
    guard isLong || plain.utf8.contains(where: { special($0) != nil }) else { return plain }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(plain.utf8.count + 32)
    for byte in plain.utf8 {
      if let entity = special(byte) { bytes += entity.utf8 } else { bytes.append(byte) }
    }
    if isLong { bytes += "… (\(Quantities.bytes(UInt64(text.utf8.count - longestText))) more)".utf8 }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func special(_ byte: UInt8) -> String? {
    switch byte {
    case 0x26: "&amp;"
    case 0x3c: "&lt;"
    case 0x3e: "&gt;"
    case 0x22: "&quot;"
    case 0x27: "&#39;"
    case 0x60: "&#96;"
    default: nil
    }
  }

  /// "12.5": SVG's numbers, without an exponent; 0 for what is no number.
  static func number(_ number: Double) -> String {
    guard number.isFinite, abs(number) < 1e12 else { return "0" }
    let hundredths = Int64((number * 100).rounded())
    let magnitude = hundredths.magnitude
    let fraction = magnitude % 100
    let sign = hundredths < 0 ? "-" : ""
    guard fraction != 0 else { return "\(sign)\(magnitude / 100)" }
    let digits = fraction % 10 == 0 ? "\(fraction / 10)" : fraction < 10 ? "0\(fraction)" : "\(fraction)"
    return "\(sign)\(magnitude / 100).\(digits)"
  }
}
