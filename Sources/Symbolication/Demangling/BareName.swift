extension SymbolName {
  /// The function's own name, for a sentence: with the type or module it belongs to, without its parameters, generic
  /// arguments and outer namespaces. `clang::Parser::ParseExpr(int)` is `Parser::ParseExpr`,
  /// `<rustc_parse::parser::Parser>::parse_block` is `Parser::parse_block`.
  public var bareText: String { Self.bare(text(.short)) }

  /// The most characters of a bare name.
  private static let longestBare = 72

  /// - Parameter name: a demangled name, of any language.
  package static func bare(_ name: String) -> String {
    // A Swift function as debug information names it, with its type.
    if !name.contains("::"), name.contains(" -> "), let type = name.firstIndex(of: "("), type > name.startIndex,
      name[name.index(before: type)] != " "
    {
      return clip(String(name[..<type]))
    }
    // Swift's names are short already, and have no `::`; those of operators are made of brackets.
    guard name.contains("::") || name.hasSuffix(")"), !name.contains("operator"), !name.contains(" in ") else {
      return clip(name)
    }
    var parts = components(Array(name.unicodeScalars))
    // A clone's mark ("[clone .cold]") and a method's qualifiers stand behind the parameters of the last part.
    guard var last = parts.popLast() else { return clip(name) }
    last = withoutParameters(last)
    parts.append(last)
    // A bracketed part is the type that a Rust function belongs to where it comes first, its generic arguments later.
    let names = parts.enumerated().map { $0 > 0 && $1.first == "<" ? "" : Self.plain($1) }.filter { !$0.isEmpty }
    // A closure's name says nothing without what it is a closure of.
    let isClosure = names.last?.hasPrefix("{") ?? false
    let kept = names.suffix(isClosure ? 3 : 2)
    return kept.isEmpty ? clip(name) : clip(kept.joined(separator: "::"))
  }

  private static func clip(_ name: String) -> String {
    name.count > longestBare ? name.prefix(longestBare - 1) + "…" : name
  }

  /// The parts between the `::` that stand in no brackets.
  private static func components(_ name: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
    var parts: [[Unicode.Scalar]] = [[]]
    var depth = 0
    var index = 0
    while index < name.count {
      let character = name[index]
      if depth == 0, character == ":", index + 1 < name.count, name[index + 1] == ":" {
        parts.append([])
        index += 2
        continue
      }
      if "<([{".unicodeScalars.contains(character) { depth += 1 }
      let isArrow = character == ">" && index > 0 && name[index - 1] == "-"
      if ">)]}".unicodeScalars.contains(character), !isArrow { depth = max(0, depth - 1) }
      parts[parts.count - 1].append(character)
      index += 1
    }
    return parts
  }

  /// The part up to its parameters; a part that is all brackets, such as `(anonymous namespace)`, stays.
  private static func withoutParameters(_ part: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var depth = 0
    for (index, character) in part.enumerated() {
      if character == "(", depth == 0, index > 0 { return Array(part[..<index]) }
      if "<([{".unicodeScalars.contains(character) { depth += 1 }
      if ">)]}".unicodeScalars.contains(character) { depth = max(0, depth - 1) }
    }
    return part
  }

  /// The part without its generic arguments; of Rust's `<Type as Trait>` and `<Type>` the type's last name.
  private static func plain(_ part: [Unicode.Scalar]) -> String {
    let text = String(String.UnicodeScalarView(part))
    if text.hasPrefix("<"), text.hasSuffix(">") {
      let inside = text.dropFirst().dropLast()
      let type = inside.split(separator: " as ", maxSplits: 1).first.map(String.init) ?? String(inside)
      return components(Array(type.unicodeScalars)).last.map(plain) ?? type
    }
    if text.hasPrefix("<") { return "" }
    var result = ""
    var depth = 0
    for character in text {
      if character == "<" { depth += 1 }
      if depth == 0 { result.append(character) }
      if character == ">" { depth = max(0, depth - 1) }
    }
    return result.trimmingSpaces
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    var text = Substring(self)
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
