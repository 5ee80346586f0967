/// A template in the syntax of Mustache (mustache(5)): variables, sections, inverted sections, partials, comments.
///
/// Not a library's: those for Swift bring Foundation's character tables, 36 MB, into an executable of 22 MB, and escape
/// by grapheme, which leaves a `"` that a combining mark follows as it is.
struct Template: Sendable {
  let parts: [Part]

  indirect enum Part: Sendable {
    case literal([UInt8])
    /// The value of a name; `isVerbatim` where markup may stand.
    case value(String, isVerbatim: Bool)
    /// For each element of a list, once for anything else that is not empty; inverted for what is empty.
    case section(String, [Part], isInverted: Bool)
    /// Another template, by its name.
    case partial(String)
  }

  /// What is wrong with a template.
  enum Problem: Error, Equatable {
    /// "{{" without "}}", at this byte.
    case unclosedTag(offset: Int)
    /// A section that is not closed, or closed by another name.
    case unbalancedSection(name: String)
    /// A tag without a name, at this byte.
    case namelessTag(offset: Int)
  }

  /// - Throws: ``Problem``.
  init(_ source: [UInt8]) throws(Problem) {
    var parser = TemplateParser(source)
    parts = try parser.parse()
  }
}

/// Takes a template's text apart.
private struct TemplateParser {
  private let source: [UInt8]
  private var offset = 0

  private struct Level {
    var name: String
    var isInverted: Bool
    var parts: [Template.Part] = []
  }

  init(_ source: [UInt8]) { self.source = source }

  mutating func parse() throws(Template.Problem) -> [Template.Part] {
    var levels = [Level(name: "", isInverted: false)]
    while offset < source.count {
      let start = offset
      let open = find(0x7b, from: start) ?? source.count
      if open > start { levels[levels.count - 1].parts.append(.literal(Array(source[start..<open]))) }
      guard open < source.count else { break }
      let isTriple = open + 2 < source.count && source[open + 2] == 0x7b
      let length = isTriple ? 3 : 2
      guard let close = find(0x7d, from: open + length), !isTriple || close + 2 < source.count else {
        throw .unclosedTag(offset: open)
      }
      offset = close + length
      try tag(source[(open + length)..<close], isTriple, at: open, &levels)
    }
    guard levels.count == 1 else { throw .unbalancedSection(name: levels[levels.count - 1].name) }
    return levels[0].parts
  }

  private mutating func tag(
    _ content: ArraySlice<UInt8>, _ isTriple: Bool, at open: Int, _ levels: inout [Level]
  ) throws(Template.Problem) {
    let text = String(decoding: content.filter { $0 != 0x20 }, as: UTF8.self)
    guard let kind = text.first else { throw .namelessTag(offset: open) }
    let rest = String(text.dropFirst())
    switch kind {
    case "!": skipLineEnd(before: open)
    case "#", "^":
      levels.append(Level(name: rest, isInverted: kind == "^"))
      skipLineEnd(before: open)
    case "/":
      guard levels.count > 1, levels[levels.count - 1].name == rest else { throw .unbalancedSection(name: rest) }
      let level = levels.removeLast()
      levels[levels.count - 1].parts.append(.section(level.name, level.parts, isInverted: level.isInverted))
      skipLineEnd(before: open)
    case ">":
      levels[levels.count - 1].parts.append(.partial(rest))
      skipLineEnd(before: open)
    default: levels[levels.count - 1].parts.append(.value(text, isVerbatim: isTriple))
    }
  }

  /// A tag that stands alone on its line takes the line's end with it.
  private mutating func skipLineEnd(before open: Int) {
    var before = open
    while before > 0, source[before - 1] == 0x20 { before -= 1 }
    guard before == 0 || source[before - 1] == 0x0a, offset < source.count, source[offset] == 0x0a else { return }
    offset += 1
  }

  /// Where `byte` next stands twice.
  private func find(_ byte: UInt8, from start: Int) -> Int? {
    var index = start
    while index + 1 < source.count {
      if source[index] == byte, source[index + 1] == byte { return index }
      index += 1
    }
    return nil
  }
}
