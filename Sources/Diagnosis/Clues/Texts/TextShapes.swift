internal import Bytes

/// Tells of a text whether it looks like something that a program works on.
struct TextShapes {
  private let arguments: Set<String>

  /// - Parameter arguments: of the command line, the program's name first.
  init(arguments: [String]) {
    self.arguments = Set(arguments.dropFirst().filter { $0.utf8.count >= 3 && !$0.hasPrefix("-") })
  }

  /// The longest text that is looked at as a whole.
  private static let longest = 4096

  /// The kind of a whole text, and the part of it that matters; nil where it is of none.
  func shape(_ bytes: ByteView) -> (kind: TextKind, text: String)? {
    guard bytes.count >= 3, bytes.count <= Self.longest, let first = bytes.load(UInt8.self, at: 0) else { return nil }
    if first >= 0x41, first <= 0x7a || first == 0x20, let line = HTTPRequest.line(bytes) { return (.httpRequest, line) }
    let hasDot = Self.contains(bytes, 0x2e)
    let hasSlash = Self.contains(bytes, 0x2f)
    guard hasDot || hasSlash || SQLStatement.mayBegin(with: first) || bytes.count <= 256 else { return nil }
    let text = bytes.text
    guard text.utf8.count == bytes.count, !text.contains("\u{fffd}") else { return nil }
    if SQLStatement.isStatement(text) { return (.sql, String(text.prefix(Clue.longestText))) }
    if hasSlash, URLShape.isURL(text) { return (text.hasPrefix("file://") ? .path : .url, text) }
    if hasDot || hasSlash, PathShape(text)?.isPlausible == true { return (.path, text) }
    if arguments.contains(text) { return (.argument, String(text.prefix(Clue.longestText))) }
    return nil
  }

  private static func contains(_ bytes: ByteView, _ wanted: UInt8) -> Bool {
    let span = bytes.span
    for offset in 0..<span.byteCount
    where unsafe span.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self) == wanted { return true }
    return false
  }
}

/// The request line of HTTP/1 (RFC 9112, section 3): `GET /index.html HTTP/1.1`.
enum HTTPRequest {
  private static let methods = [
    "GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ",
  ]

  /// The line that `bytes` begin with; nil where they begin otherwise.
  static func line(_ bytes: ByteView) -> String? {
    let start = bytes.prefix(from: 0, atMost: 2048).text
    guard methods.contains(where: { start.hasPrefix($0) }) else { return nil }
    let line = start.unicodeScalars.prefix { $0 != "\r" && $0 != "\n" }
    let parts = line.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[1].isEmpty, parts[2].starts(with: "HTTP/".unicodeScalars), parts[2].count <= 8 else {
      return nil
    }
    let target = parts[1].first
    guard target == "/" || target == "*" || parts[1].contains("/") || parts[0].elementsEqual("CONNECT".unicodeScalars)
    else { return nil }
    return String(line)
  }
}

/// `scheme://rest` (RFC 3986, section 3).
enum URLShape {
  static func isURL(_ text: String) -> Bool {
    let scheme = text.utf8.prefix { $0 >= 0x61 && $0 <= 0x7a || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2b || $0 == 0x2d }
    guard scheme.count >= 2, scheme.count <= 12, text.utf8.count <= 2048 else { return false }
    let rest = text.utf8.dropFirst(scheme.count)
    guard rest.starts(with: "://".utf8), rest.count > 4 else { return false }
    return rest.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3c && $0 != 0x3e && $0 != 0x60 && $0 != 0x5c }
  }
}
