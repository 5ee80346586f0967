internal import Symbolication

/// What a report lacks because debug information could not be read.
enum DebugProblems {
  /// One for all problems of a module; nil where there are none.
  ///
  /// - Parameter module: its path.
  static func shortfall(_ problems: [DebugProblem], of module: String) -> ReportedShortfall? {
    guard let first = problems.first else { return nil }
    if case .missingSupplement(let path) = first {
      return ReportedShortfall(
        what: "\(path), which holds what the debug information of \(module) shares with others, was not found",
        cost: "names and inlined calls may be missing; install its debug package, or name its folder with --debug-dir")
    }
    let reasons = problems.prefix(2).map(\.description)
    let more = problems.count > 2 ? ", and \(problems.count - 2) more" : ""
    return ReportedShortfall(
      what: "debug information of \(module) could not all be read: \(reasons.joined(separator: "; "))\(more)",
      cost: "lines, inlined calls or names of some of its frames may be missing")
  }
}
