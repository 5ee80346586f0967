/// What stays the same when the same cause kills another process: no addresses, no ids, no lines, no depth of recursion.
///
/// Two signatures are compared only where their ``version`` is the same. ``hash`` is the same for a core with and without
/// debug files, but not for another build of the program; ``names`` is for that.
package struct ReportedSignature: Codable, Sendable {
  /// The version of the rule that it is made by.
  package static let version = 1

  /// The version of the rule that this one was made by.
  package var version = Self.version
  /// FNV-1a of the parts, 64 bits in hexadecimal.
  package var hash: String
  /// The cause, then the innermost functions that tell it from others, each by what every copy of its file holds: a
  /// function's name that the module exports (`libc.so!getenv`), or else the module's build-id and where in it the
  /// function begins (`app@1a2b3c4d5e6f+0x1139`). A cycle of recursion stands in brackets with an asterisk.
  package var parts: [String]
  /// The same with functions' names, for other builds; `app!*` stands for one without. nil where none has one.
  package var names: Named?
  /// Innermost functions that were left out, as every crash of this kind has them: those of abort, raise, malloc and of
  /// panics.
  package var skipped: [String]

  /// A signature by functions' names alone.
  package struct Named: Codable, Sendable {
    /// FNV-1a of the parts, 64 bits in hexadecimal.
    package var hash: String
    /// The cause, then functions: `app!parse`.
    package var parts: [String]

    package init(parts: [String]) {
      self.parts = parts
      hash = ReportedSignature.hash(of: parts)
    }
  }

  package init(parts: [String], names: Named? = nil, skipped: [String] = []) {
    self.parts = parts
    self.names = names
    self.skipped = skipped
    hash = Self.hash(of: parts)
  }

  /// "1:" and the hash: one word that stands for all.
  package var text: String { "\(version):\(hash)" }

  /// FNV-1a, 64 bits; parts are set apart by a byte that no text holds.
  static func hash(of parts: [String]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for part in parts {
      for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ 0xff) &* 0x100_0000_01b3
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
