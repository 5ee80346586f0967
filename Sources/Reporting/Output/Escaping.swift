/// Makes text that came from a target harmless to terminals: it can neither move the cursor, nor begin a new
/// line, nor turn the direction of writing, nor hide.
package enum Escaping {
  /// Whether `text` needs no escaping: printable ASCII only.
  package static func isPlain(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
  }

  /// `text` with every character that does not print as itself spelled out: `\n`, `\t`, `\x1b`, `\u{202e}`.
  ///
  /// A backslash stays as it is, so that paths read as they are; an escape cannot be told from the same
  /// letters in the text, and need not be.
  package static func escaped(_ text: String) -> String {
    guard !isPlain(text) else { return text }
    var result = ""
    result.reserveCapacity(text.utf8.count + 16)
    for scalar in text.unicodeScalars {
      if isHarmless(scalar) { result.unicodeScalars.append(scalar) } else { result += spelled(scalar) }
    }
    return result
  }

  /// Whether a character prints as itself, on the line that it stands in, and has a width.
  static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value < 0x7f }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .nonspacingMark, .enclosingMark:
      return false
    default:
      return true
    }
  }

  private static func spelled(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x09: return "\\t"
    case 0x0a: return "\\n"
    case 0x0d: return "\\r"
    case ..<0x100:
      let digits = String(scalar.value, radix: 16)
      return "\\x" + (digits.count < 2 ? "0" : "") + digits
    default: return "\\u{" + String(scalar.value, radix: 16) + "}"
    }
  }

  /// How many columns of a terminal escaped text takes.
  package static func width(_ text: String) -> Int {
    isPlain(text) ? text.utf8.count : text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  /// Two columns for East Asian wide characters and emoji (Unicode Standard Annex 11, by block), one for others.
  static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
      0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
      return 2
    default:
      return 1
    }
  }
}
