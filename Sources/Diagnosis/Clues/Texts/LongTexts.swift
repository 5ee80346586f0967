internal import Bytes
internal import Machine

/// Longer texts that pointers lead into: the source that a parser goes through, a document, a request's body.
struct LongTexts {
  /// Shorter ones are names and messages.
  static let shortest = 64
  /// A text without line breaks has to be as long as this to be a document.
  private static let shortestLine = 256
  /// How much of a text before a pointer is looked at to find where it begins.
  private static let reach = 65_536
  /// How many texts are told apart.
  private static let most = 64

  private var known: [(range: Range<UInt64>, text: String?)] = []

  /// The beginning of the text that holds the `count` bytes at `offset`; nil where it is none that a person wrote.
  mutating func text(_ window: MemoryWindow, around offset: Int, atLeast count: Int) -> String? {
    let address = window.start &+ UInt64(offset)
    if let found = known.first(where: { $0.range.contains(address) }) { return found.text }
    guard known.count < Self.most else { return nil }
    let start = TextRun.start(window.bytes, before: offset, limit: Self.reach)
    let run = TextRun(window.bytes, at: start, limit: Self.reach * 2)
    let range = (window.start &+ UInt64(start))..<(window.start &+ UInt64(start + max(run.count, 1)))
    let text = window.bytes.slice(start, min(run.count, Clue.longestText)).flatMap { Self.judged($0, size: run.count) }
    known.append((range, text))
    return text
  }

  /// The text, where it looks like one that somebody wrote: several lines, or one long one, not all of one character.
  private static func judged(_ bytes: ByteView, size: Int) -> String? {
    let array = bytes.array
    let lines = array.count { $0 == 0x0a }
    guard lines >= 2 || size >= shortestLine, array.allSatisfy({ $0 < 0x80 || $0 >= 0xc2 || $0 & 0xc0 == 0x80 }) else {
      return nil
    }
    var text = bytes.text
    // The cut may go through a character.
    while text.hasSuffix("\u{fffd}"), size > bytes.count { text.removeLast() }
    return text.contains("\u{fffd}") || looksEncoded(array) ? nil : text
  }

  /// Whether it is a table, base64 or hexadecimal, not something to be read: no blank, bracket or punctuation in it.
  private static func looksEncoded(_ bytes: [UInt8]) -> Bool {
    let marks = bytes.count { byte in
      byte == 0x20 || byte == 0x0a || byte == 0x28 || byte == 0x5b || byte == 0x7b || byte == 0x3c || byte == 0x2c
        || byte == 0x3b || byte == 0x2d || byte == 0x29 || byte == 0x5d || byte == 0x7d || byte == 0x21 || byte == 0x7e
    }
    return marks * 20 < bytes.count
  }
}
