/// A text longer than this gets its generic arguments shortened.
private let comfortable = 160

/// A text that is still longer than this gets its parameters left out, and its outermost generic arguments.
private let bearable = 320

/// Replaces generic arguments that are nested deep by `…`, no deeper than it takes to come to a comfortable
/// length. The outermost arguments, which tell instances of a function apart, and the parameters, which tell
/// overloads apart, are the last to go.
func shortenedGenerics(_ text: String) -> String {
  guard text.utf8.count > comfortable else { return text }
  var shortest = text
  for depth in [4, 3, 2, 1] {
    shortest = eliding(text, nestedDeeperThan: depth)
    if shortest.utf8.count <= comfortable { return shortest }
  }
  if shortest.utf8.count > bearable { shortest = elidingParameters(shortest) }
  if shortest.utf8.count > bearable { shortest = eliding(shortest, nestedDeeperThan: 0) }
  return shortest
}

/// `text` with the contents of long parentheses replaced by `…`.
private func elidingParameters(_ text: String) -> String {
  var result: [UInt8] = []
  var level = 0
  var opened = 0
  for byte in text.utf8 {
    if byte == UInt8(ascii: ")") {
      level -= 1
      // `(anonymous namespace)` and short lists stay.
      if level == 0, result.count - opened > 40 {
        result.removeSubrange(opened...)
        result += Array("…".utf8)
      }
    }
    result.append(byte)
    if byte == UInt8(ascii: "(") {
      level += 1
      if level == 1 { opened = result.count }
    }
    guard level >= 0 else { return text }
  }
  return level == 0 ? String(decoding: result, as: UTF8.self) : text
}

/// `text` with what stands between angle brackets at a level deeper than `depth` replaced by `…`.
private func eliding(_ text: String, nestedDeeperThan depth: Int) -> String {
  var result: [UInt8] = []
  var level = 0
  var previous: UInt8 = 0
  var isOperator = false
  for (index, byte) in text.utf8.enumerated() {
    defer { previous = byte }
    switch byte {
    case UInt8(ascii: "<") where !isOperator:
      level += 1
      if level <= depth { result.append(byte) }
      if level == depth + 1 { result += [byte] + Array("…".utf8) }
    case UInt8(ascii: ">") where !isOperator && previous != UInt8(ascii: "-") && level > 0:
      if level <= depth + 1 { result.append(byte) }
      level -= 1
    default:
      if level <= depth { result.append(byte) }
    }
    isOperator = startsOperatorName(text.utf8, endingAt: index, wasOperator: isOperator, byte)
  }
  // Brackets that do not match are part of a name that we do not understand: better left alone.
  return level == 0 ? String(decoding: result, as: UTF8.self) : text
}

/// Whether the byte after `index` may belong to a name such as `operator<<` or `operator->`.
private func startsOperatorName(_ text: String.UTF8View, endingAt index: Int, wasOperator: Bool, _ byte: UInt8) -> Bool
{
  if wasOperator { return [UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "-")].contains(byte) }
  guard byte == UInt8(ascii: "r"), index >= 7 else { return false }
  let end = text.index(text.startIndex, offsetBy: index + 1)
  return text[text.index(end, offsetBy: -8)..<end].elementsEqual("operator".utf8)
}

/// `text`, a C++ name, without the template arguments that nobody writes because they are the default, and
/// without the inline namespace of libstdc++.
func withoutUsualArguments(_ text: String) -> String {
  var result = Array(text.utf8)
  replace(&result, "std::__cxx11::", by: "std::")
  replace(&result, "std::__1::", by: "std::")
  for usual in [", std::allocator<", ", std::char_traits<", ", std::default_delete<"] {
    removeArgument(&result, startingWith: Array(usual.utf8))
  }
  replace(&result, "std::basic_string<char>", by: "std::string")
  replace(&result, "std::basic_string<char >", by: "std::string")
  replace(&result, " >", by: ">")
  return String(decoding: result, as: UTF8.self)
}

private func replace(_ text: inout [UInt8], _ what: String, by other: String) {
  let (what, other) = (Array(what.utf8), Array(other.utf8))
  var result: [UInt8] = []
  var at = 0
  while at < text.count {
    if text[at] == what[0], text[at...].starts(with: what) {
      result += other
      at += what.count
    } else {
      result.append(text[at])
      at += 1
    }
  }
  text = result
}

/// Removes each `, name<…>` up to the bracket that closes it.
private func removeArgument(_ text: inout [UInt8], startingWith opening: [UInt8]) {
  var result: [UInt8] = []
  var at = 0
  while at < text.count {
    guard text[at] == opening[0], text[at...].starts(with: opening) else {
      result.append(text[at])
      at += 1
      continue
    }
    var level = 1
    var end = at + opening.count
    while end < text.count, level > 0 {
      if text[end] == UInt8(ascii: "<") { level += 1 }
      if text[end] == UInt8(ascii: ">") { level -= 1 }
      end += 1
    }
    // An argument of a function type may hold `->`; where the brackets do not match, leave the rest alone.
    guard level == 0 else { return }
    at = end
  }
  text = result
}
