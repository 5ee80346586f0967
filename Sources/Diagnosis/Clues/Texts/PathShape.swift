/// A text that may be the path of a file, taken apart.
struct PathShape {
  let text: String
  let isAbsolute: Bool
  /// The last component.
  let name: Substring
  /// What follows the last dot of the name, in lower case; nil where there is none.
  let fileExtension: String?

  /// PATH_MAX.
  private static let longest = 4096

  /// - Returns: nil where no path is written so: with control characters, quotes, formats, or several paths in one.
  init?(_ whole: String) {
    let isURL = whole.hasPrefix("file://")
    let text = isURL ? String(whole.dropFirst(7)) : whole
    guard text.utf8.count >= 3, text.utf8.count < Self.longest, !text.hasSuffix("/"), !text.hasSuffix("."),
      !text.hasSuffix(" "), text.utf8.allSatisfy(Self.isPlain)
    else { return nil }
    isAbsolute = text.hasPrefix("/")
    // "could not open /tmp/x" and "/tmp/x: no such file" are messages.
    guard !text.has(": "), !text.has("//"), !text.has("/:"), !text.has(":/"), isAbsolute || !text.utf8.contains(0x20)
    else { return nil }
    guard let name = text.split(separator: "/").last else { return nil }
    self.text = whole
    self.name = name
    if let dot = name.lastIndex(of: "."), dot != name.startIndex {
      let end = name[name.index(after: dot)...]
      let isWord = !end.isEmpty && end.utf8.count <= 10 && end.utf8.allSatisfy { Self.isAlphanumeric($0) }
      fileExtension = isWord ? end.lowercased() : nil
    } else {
      fileExtension = nil
    }
  }

  /// Whether it is one that a program may work on: absolute or relative with a folder, or a bare name that ends as
  /// names of files do.
  var isPlausible: Bool {
    guard let first = text.utf8.first else { return false }
    if isAbsolute { return text.utf8.count >= 4 && text.utf8.dropFirst().contains(0x2f) || fileExtension != nil }
    guard first == 0x2e || first == 0x5f || first >= 0x80 || Self.isAlphanumeric(first), fileExtension != nil else {
      return text.hasPrefix("./") || text.hasPrefix("../") || text.hasPrefix("file://")
    }
    if text.utf8.contains(0x2f) { return true }
    return fileExtension.map(FileKinds.isKnown) == true
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0..<0x20, 0x7f, 0x22, 0x24, 0x25, 0x26, 0x27, 0x2a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x5c, 0x60, 0x7b, 0x7c, 0x7d:
      false
    default: true
    }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5a || byte >= 0x61 && byte <= 0x7a || byte == 0x5f
  }
}
