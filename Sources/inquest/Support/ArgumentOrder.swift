/// `inquest examine CORE VIEW ...` names the core before the view, as one changes the view more often. The
/// argument parser wants subcommands first; this is the one place where arguments change their order.
enum ArgumentOrder {
  /// Moves the view that follows CORE to the front of it: `examine CORE maps` becomes `examine maps CORE`.
  /// Anything else stays as it is.
  static func reordered(_ arguments: [String]) -> [String] {
    let words = words(of: arguments)
    guard words.count >= 2, !isView(arguments[words[0]]), isView(arguments[words[1]]) else { return arguments }
    var result = arguments
    result.remove(at: words[1])
    result.insert(arguments[words[1]], at: 1)
    return result
  }

  /// The core that `examine` is given without a view, once arguments have their order.
  static func coreWithoutView(_ arguments: [String]) -> String? {
    let words = words(of: arguments)
    guard let first = words.first, !isView(arguments[first]), arguments[first] != "help" else { return nil }
    return arguments.contains { ["-h", "--help", "-help"].contains($0) } ? nil : arguments[first]
  }

  /// Where the first two arguments of `examine` are that are neither options nor their values.
  private static func words(of arguments: [String]) -> [Int] {
    guard arguments.first == "examine" else { return [] }
    var words: [Int] = []
    var index = 1
    while index < arguments.count, words.count < 2, arguments[index] != "--" {
      if ExamineOptions.namesWithValue.contains(arguments[index]) {
        index += 1
      } else if !arguments[index].hasPrefix("-") {
        words.append(index)
      }
      index += 1
    }
    return words
  }

  private static func isView(_ word: String) -> Bool { ExamineCommand.viewNames.contains(word) }
}
