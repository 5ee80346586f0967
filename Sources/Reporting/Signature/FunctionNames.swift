/// Names of functions without what differs from one build to the next.
enum FunctionNames {
  /// The name without parameters, template and generic arguments, ABI tags, marks of clones, hashes of Rust's legacy
  /// mangling, and the numbers of closures and lambdas.
  ///
  /// - Parameter name: a demangled name, of any language, or a plain symbol.
  static func normalized(_ name: String) -> String {
    var text = withoutCloneMarks(name)
    text = withoutBrackets(text)
    text = withoutNumbers(text)
    let parts = text.split(separator: "::", omittingEmptySubsequences: true).filter { !isRustHash($0) }
    if parts.count > 1 || text.contains("::") { text = parts.joined(separator: "::") }
    return text.isEmpty ? name : text
  }

  /// What compilers and linkers append to the symbol of a part or copy of a function.
  private static let cloneMarks: Set<Substring> = [
    "cold", "part", "constprop", "isra", "llvm", "lto_priv", "localalias", "warm", "hot", "unlikely", "clone", "__uniq",
    "resume", "destroy", "cleanup",
  ]

  /// Without `.cold`, `.part.0`, `.constprop.1`, `.llvm.123`, ` [clone .isra.0]` and a symbol's version.
  private static func withoutCloneMarks(_ name: String) -> String {
    var text = Substring(name)
    while let clone = text.range(of: " [clone ") { text = text[..<clone.lowerBound] }
    if let version = text.firstIndex(of: "@"), version != text.startIndex { text = text[..<version] }
    while let dot = text.lastIndex(of: "."), dot != text.startIndex {
      let mark = text[text.index(after: dot)...]
      if cloneMarks.contains(mark) {
        text = text[..<dot]
      } else if !mark.isEmpty, mark.allSatisfy(\.isNumber), let before = text[..<dot].lastIndex(of: "."),
        cloneMarks.contains(text[text.index(after: before)..<dot])
      {
        text = text[..<before]
      } else {
        break
      }
    }
    return String(text)
  }

  /// Without what stands in round, square and angle brackets. Operators and what is all brackets, such as
  /// `(anonymous namespace)` and Rust's `<T as Trait>`, keep theirs.
  private static func withoutBrackets(_ name: String) -> String {
    if let found = name.range(of: "operator"), found.upperBound == name.endIndex || !name[found.upperBound].isLetter {
      let symbol = name[found.upperBound...].prefix { $0 != "(" }
      return withoutBrackets(String(name[..<found.lowerBound])) + "operator" + symbol
    }
    var result = ""
    var depth = 0
    var isKept = false
    var previous: Character = ":"
    for character in name {
      let opens = character == "<" || character == "(" || character == "["
      // The arrow of a Swift or Rust function type closes nothing.
      let closes = character == ")" || character == "]" || character == ">" && previous != "-"
      if opens, depth == 0 { isKept = startsName(character, after: result) }
      if opens { depth += 1 }
      if depth == 0 || isKept { result.append(character) }
      if closes, depth > 0 { depth -= 1 }
      previous = character
    }
    // What follows the parameters, such as ` const` and ` -> Int`, is no part of the name.
    while result.last == " " { result.removeLast() }
    if let end = result.range(of: " const"), end.upperBound == result.endIndex { result.removeSubrange(end) }
    if let arrow = result.range(of: " -> ") { result.removeSubrange(arrow.lowerBound...) }
    return result
  }

  /// Whether a bracket stands where a name begins: `(anonymous namespace)::f`, `<T as Trait>::f`, but not `f::<u8>`.
  private static func startsName(_ bracket: Character, after before: String) -> Bool {
    switch bracket {
    case "(": before.isEmpty || before.last == ":"
    case "<": before.isEmpty || before.last == " "
    default: false
    }
  }

  /// Closures and lambdas without their numbers: `{closure#3}`, `{{closure}}`, `{lambda(int)#2}`, `closure #1 in f`.
  private static func withoutNumbers(_ name: String) -> String {
    guard name.contains("#") || name.contains("{") else { return name }
    var result = ""
    var skipsDigits = false
    for character in name {
      if character == "#" {
        skipsDigits = true
        if result.last == " " { result.removeLast() }
        continue
      }
      if skipsDigits, character.isNumber { continue }
      skipsDigits = false
      if character == "{", result.last == "{" { continue }
      if character == "}", result.last == "}" { continue }
      result.append(character)
    }
    return result
  }

  /// `h` and 16 hexadecimal digits: the last part of a name in Rust's legacy mangling.
  private static func isRustHash(_ part: Substring) -> Bool {
    part.utf8.count == 17 && part.first == "h" && part.dropFirst().allSatisfy { $0.isHexDigit && !$0.isUppercase }
  }
}

extension StringProtocol {
  /// Where `text` first stands; nil where it does not.
  fileprivate func range(of text: String) -> Range<Index>? {
    guard let first = text.first else { return nil }
    var start = startIndex
    while let found = self[start...].firstIndex(of: first) {
      if self[found...].hasPrefix(text) { return found..<index(found, offsetBy: text.count) }
      start = index(after: found)
    }
    return nil
  }

  /// The parts between the places where `separator` stands.
  fileprivate func split(separator: String, omittingEmptySubsequences: Bool) -> [SubSequence] {
    var parts: [SubSequence] = []
    var rest = self[...]
    while let found = rest.range(of: separator) {
      parts.append(rest[..<found.lowerBound])
      rest = rest[found.upperBound...]
    }
    parts.append(rest)
    return omittingEmptySubsequences ? parts.filter { !$0.isEmpty } : parts
  }
}
