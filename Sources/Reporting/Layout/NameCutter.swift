internal import Symbolication

/// Shortens demangled names, which templates and generics make thousands of characters long, and keeps what tells
/// most: namespaces within brackets go first, then the innermost arguments, then what stands at the front.
package enum NameCutter {
  /// Names longer than this are cut at the end before anything else is tried.
  private static let longest = 4096
  /// Brackets deeper than this go together with those around them.
  private static let deepest = 12

  /// `name` in at most `width` columns.
  ///
  /// - Parameters:
  ///   - name: escaped already.
  ///   - width: at least 8.
  package static func cut(_ name: String, to width: Int) -> String {
    guard Escaping.width(name) > width else { return name }
    let cut = collapsed(name, to: width)
    // Where the type itself would go, the bare name says more.
    guard cut.hasPrefix("<...>") || cut.hasPrefix("...") else { return cut }
    let bare = SymbolName.bare(name)
    return Escaping.width(bare) <= width && !bare.hasSuffix("…") ? bare : cut
  }

  private static func collapsed(_ name: String, to width: Int) -> String {
    let width = max(width, 8)
    var characters = Array(name.unicodeScalars.prefix(longest))
    characters = withoutNamespaces(characters, nesting(characters))
    let bare = String(String.UnicodeScalarView(characters))
    if Escaping.width(bare) <= width { return bare }
    let depths = nesting(characters)
    for depth in stride(from: min(depths.max() ?? 0, deepest), to: 0, by: -1) {
      let shorter = String(String.UnicodeScalarView(collapse(characters, depths, at: depth)))
      if Escaping.width(shorter) <= width { return shorter }
      if depth == 1 { characters = Array(shorter.unicodeScalars) }
    }
    return keepEnd(characters, width)
  }

  /// The depth of brackets that each character lies in; the brackets themselves lie in what they enclose.
  ///
  /// `operator<`, `operator>>`, `operator()`, `operator->` and Rust's `->` are no brackets.
  static func nesting(_ name: [Unicode.Scalar]) -> [Int] {
    var depths = Array(repeating: 0, count: name.count)
    var closers: [Unicode.Scalar] = []
    var index = 0
    while index < name.count {
      if let end = endOfOperator(name, at: index) {
        for at in index..<end { depths[at] = closers.count }
        index = end
        continue
      }
      let character = name[index]
      switch character {
      case "<", "(", "[", "{":
        closers.append(character == "<" ? ">" : character == "(" ? ")" : character == "[" ? "]" : "}")
        depths[index] = closers.count
      case ">" where index > 0 && name[index - 1] == "-":
        depths[index] = closers.count
      case ">", ")", "]", "}":
        depths[index] = closers.count
        if closers.last == character { closers.removeLast() }
      default:
        depths[index] = closers.count
      }
      index += 1
    }
    return depths
  }

  /// The name without the namespaces of what stands in brackets: `<a::b::C>::f` becomes `<C>::f`.
  private static func withoutNamespaces(_ name: [Unicode.Scalar], _ depths: [Int]) -> [Unicode.Scalar] {
    func isLetter(_ index: Int) -> Bool {
      index < name.count && (name[index].properties.isXIDContinue || name[index] == "$")
    }
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < name.count {
      guard depths[index] > 0, isLetter(index) else {
        result.append(name[index])
        index += 1
        continue
      }
      var end = index
      while isLetter(end) { end += 1 }
      let isNamespace = end + 2 < name.count && name[end] == ":" && name[end + 1] == ":" && isLetter(end + 2)
      if !isNamespace { result += name[index..<end] }
      index = isNamespace ? end + 2 : end
    }
    return result
  }

  /// Where the name of a C++ operator that begins at `start` ends.
  private static func endOfOperator(_ name: [Unicode.Scalar], at start: Int) -> Int? {
    let word = Array("operator".unicodeScalars)
    guard name[start] == "o", start + word.count < name.count, name[start..<start + word.count].elementsEqual(word)
    else { return nil }
    var end = start + word.count
    if name[end] == "(", end + 1 < name.count, name[end + 1] == ")" { return end + 2 }
    while end < name.count, end - start - word.count < 3, "<>=-+*&|^!~%/,".unicodeScalars.contains(name[end]) {
      end += 1
    }
    return end > start + word.count ? end : nil
  }

  /// Replaces what stands in brackets at `depth` or deeper by three dots.
  private static func collapse(_ name: [Unicode.Scalar], _ depths: [Int], at depth: Int) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < name.count {
      guard depths[index] >= depth else {
        result.append(name[index])
        index += 1
        continue
      }
      var end = index
      while end < name.count, depths[end] >= depth, end == index || !opens(name, depths, end, depth) { end += 1 }
      if end - index > 5 {
        result.append(name[index])
        result += "...".unicodeScalars
        if let last = name[..<end].last { result.append(last) }
      } else {
        result += name[index..<end]
      }
      index = end
    }
    return result
  }

  /// Whether a group of just this depth begins at `index`, right behind another.
  private static func opens(_ name: [Unicode.Scalar], _ depths: [Int], _ index: Int, _ depth: Int) -> Bool {
    depths[index] == depth && ")>]}".unicodeScalars.contains(name[index - 1])
      && "<([{".unicodeScalars.contains(name[index]) && depths[index - 1] == depth
  }

  /// Three dots and the end of the name.
  private static func keepEnd(_ name: [Unicode.Scalar], _ width: Int) -> String {
    var kept: [Unicode.Scalar] = []
    var used = 3
    for character in name.reversed() {
      used += Escaping.width(character)
      if used > width { break }
      kept.append(character)
    }
    return "..." + String(String.UnicodeScalarView(kept.reversed()))
  }
}
