/// Statements of SQL, told from sentences that begin with the same verb by the word that has to follow.
enum SQLStatement {
  /// The first words of a statement, and what has to come later, one of each list; all in upper case.
  private static let forms: [(verb: String, later: [String])] = [
    ("SELECT", []), ("INSERT INTO", ["VALUES", "SELECT", "("]), ("INSERT OR", ["INTO"]),
    ("REPLACE INTO", ["VALUES", "SELECT"]),
    ("UPDATE", [" SET "]), ("DELETE FROM", [""]), ("CREATE TABLE", ["("]), ("CREATE INDEX", [" ON "]),
    ("CREATE VIEW", [" AS "]), ("CREATE TRIGGER", [" BEGIN"]), ("CREATE TEMP", ["("]), ("WITH", [" AS ("]),
    ("ALTER TABLE", [""]), ("DROP TABLE", [""]), ("EXPLAIN", ["SELECT"]), ("MERGE INTO", [" USING "]),
  ]

  /// Whether a statement may begin with this byte.
  static func mayBegin(with byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return byte == 0x20 || byte == 0x0a || lower >= 0x61 && lower <= 0x77
  }

  /// Whether `text` is a whole statement, or several.
  static func isStatement(_ text: String) -> Bool {
    let trimmed = text.utf8.drop { $0 == 0x20 || $0 == 0x0a || $0 == 0x09 || $0 == 0x0d }
    guard trimmed.count >= 8, let first = trimmed.first, mayBegin(with: first) else { return false }
    let start = String(decoding: trimmed.prefix(16).map(upper), as: UTF8.self)
    guard let form = forms.first(where: { isWord($0.verb, at: start) }) else { return false }
    let whole = String(decoding: trimmed.prefix(4096).map(upper), as: UTF8.self)
    // A message's format is none.
    guard !text.has("%s") else { return false }
    switch form.verb {
    case "SELECT": return isSelection(whole, original: trimmed.prefix(6))
    case "UPDATE": return isUpdate(whole)
    case "DELETE FROM": return isDeletion(whole)
    default: break
    }
    return form.later.contains { $0.isEmpty || whole.has($0) }
  }

  private static func upper(_ byte: UInt8) -> UInt8 {
    if byte == 0x0a || byte == 0x09 || byte == 0x0d { return 0x20 }
    return byte >= 0x61 && byte <= 0x7a ? byte & 0xdf : byte
  }

  private static func isWord(_ verb: String, at start: String) -> Bool {
    guard start.hasPrefix(verb) else { return false }
    return start.utf8.dropFirst(verb.utf8.count).first == 0x20
  }

  /// `UPDATE table SET column = …`, and no sentence: "update a set with the union of itself and others".
  private static func isUpdate(_ whole: String) -> Bool {
    let words = whole.split(separator: " ", maxSplits: 8)
    guard let set = words.firstIndex(of: "SET"), set >= 2, set <= 6 else { return false }
    return words[(set + 1)...].contains { $0.utf8.contains(UInt8(ascii: "=")) }
  }

  /// `DELETE FROM table`, `… WHERE …`, and no sentence: "delete from the archive".
  private static func isDeletion(_ whole: String) -> Bool {
    let words = whole.split(separator: " ", maxSplits: 4)
    guard words.count > 2 else { return false }
    if words.count == 3 || words[2].hasSuffix(";") || whole.has(" WHERE ") { return true }
    return ["USING", "RETURNING", "AS", "ORDER", "LIMIT", ";"].contains(words[3])
  }

  /// `SELECT … FROM …`; without FROM an expression has to follow, and no sentence: "select a file".
  private static func isSelection(_ whole: String, original: Substring.UTF8View.SubSequence) -> Bool {
    if whole.has(" FROM ") {
      return whole.has(" WHERE ") || whole.has("*") || whole.has(",") || whole.has("(") || whole.has(";")
        || original.allSatisfy { $0 < 0x61 }
    }
    return whole.has("(")
      || whole.utf8.dropFirst(7).first.map { $0 >= 0x30 && $0 <= 0x39 || $0 == 0x27 || $0 == 0x2d } ?? false
  }
}
