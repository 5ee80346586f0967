/// A file name with gaps: what a kernel's template becomes when its values are not known.
struct Glob: Equatable {
  /// The fixed pieces, between which anything may stand. "core.*" is "core.", "".
  private(set) var pieces: [String] = [""]

  /// Whether it is one fixed name.
  var isFixed: Bool { pieces.count == 1 }

  /// Adds a fixed character.
  mutating func append(_ character: Character) { pieces[pieces.count - 1].append(character) }

  /// Adds a gap; one gap beside another is one gap.
  mutating func appendGap() {
    if pieces.count > 1, pieces.last == "" { return }
    pieces.append("")
  }

  /// Whether `name` fits: it begins and ends as the pattern does, and holds the pieces between in order.
  func matches(_ name: String) -> Bool {
    guard let first = pieces.first, let last = pieces.last else { return false }
    if isFixed { return name == first }
    guard name.hasPrefix(first) else { return false }
    var rest = name.dropFirst(first.count)
    for piece in pieces.dropFirst().dropLast() {
      guard let found = Self.position(of: piece, in: rest) else { return false }
      rest = rest[found...].dropFirst(piece.count)
    }
    return rest.count >= last.count && rest.hasSuffix(last)
  }

  private static func position(of piece: String, in text: Substring) -> Substring.Index? {
    text.indices.first { text[$0...].hasPrefix(piece) }
  }
}
