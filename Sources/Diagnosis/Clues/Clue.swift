/// A text in the target's memory that tells which input the program was working on.
public struct Clue: Sendable {
  /// What sort of text it is.
  public let kind: TextKind
  /// The text, at most ``longestText`` bytes of it.
  public let text: String
  /// `likely` where two reasons that do not depend on each other agree, else `possible`.
  public let certainty: Certainty
  /// Where it was found, for people: "frame 12 parse_item, stack slot +0x18 → text".
  public let place: String
  /// Where its bytes lie in the target; nil where it is the name of a mapped file.
  public let address: UInt64?
  /// Whether it was met by going through memory, and no frame leads to it: a file that the program knows of.
  public let isByTheWay: Bool
  /// Why it is thought to be the input, strongest first.
  public let reasons: [String]

  /// The most bytes that are kept of a text.
  static let longestText = 400
}

/// What sort of input a text looks like.
public enum TextKind: String, Sendable, CaseIterable {
  /// The path of a file.
  case path
  /// A scheme, `://` and what follows.
  case url
  /// A statement of SQL.
  case sql
  /// The first line of an HTTP request (RFC 9112, section 3).
  case httpRequest = "http-request"
  /// An argument of the command line that is none of the others.
  case argument
  /// A longer text: a program's source, a document.
  case sourceText = "source-text"
}

/// All clues, and whether all memory was searched for them.
public struct Clues: Sendable {
  /// Best first: those that frames lead to, then files that the program knows of.
  public var clues: [Clue]
  /// How many bytes of memory were searched for paths, where there was more; nil where that was all.
  public var searchedBytes: Int?
}
