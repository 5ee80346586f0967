/// `inquest examine CORE VIEW ...` names the core before the view, as one changes the view more often. The
/// argument parser wants subcommands first; this is the one place where arguments change their order.
enum ArgumentOrder {
  /// Moves the view that follows CORE to the front of it: `examine CORE maps` becomes `examine maps CORE`.
  /// Anything else stays as it is.
  static func reordered(_ arguments: [String]) -> [String] {
    guard arguments.first == "examine" else { return arguments }
    var index = 1
    while index < arguments.count {
      let argument = arguments[index]
      if argument == "--" { return arguments }
      if ExamineOptions.namesWithValue.contains(argument) {
        index += 2
      } else if argument.hasPrefix("-") {
        index += 1
      } else {
        break
      }
    }
    // arguments[index] is CORE, or the view where the usual order was kept.
    guard index + 1 < arguments.count, !isView(arguments[index]), let view = nextWord(arguments, after: index) else {
      return arguments
    }
    guard isView(arguments[view]) else { return arguments }
    var result = arguments
    result.remove(at: view)
    result.insert(arguments[view], at: 1)
    return result
  }

  private static func nextWord(_ arguments: [String], after index: Int) -> Int? {
    var index = index + 1
    while index < arguments.count {
      let argument = arguments[index]
      if ExamineOptions.namesWithValue.contains(argument) {
        index += 2
      } else if argument.hasPrefix("-") {
        index += 1
      } else {
        return index
      }
    }
    return nil
  }

  private static func isView(_ word: String) -> Bool { ExamineCommand.viewNames.contains(word) }
}
