/// Folds recursion in a list of functions, however often it turns and wherever in its cycle it was entered or left.
enum SignatureFolding {
  /// The longest cycle, as the walker has it.
  private static let longestCycle = 64

  /// The functions, innermost first, with every run of a cycle that comes at least twice as one element:
  /// `(a > b)*`, rotated so that the least name stands first. What is left of an unfinished turn belongs to it.
  static func fold(_ functions: [String]) -> [String] {
    var result: [String] = []
    var index = 0
    while index < functions.count {
      if let cycle = longestRun(functions, from: index) {
        result.append(text(of: Array(functions[index..<(index + cycle.period)])))
        index += cycle.length
      } else {
        result.append(functions[index])
        index += 1
      }
    }
    return result
  }

  /// A cycle as it is written.
  static func text(of cycle: [String]) -> String { "(" + leastRotation(cycle).joined(separator: " > ") + ")*" }

  /// The run of a repeating cycle that covers most from `start` on, of several the one with the shortest cycle.
  private static func longestRun(_ functions: [String], from start: Int) -> (period: Int, length: Int)? {
    var best: (period: Int, length: Int)?
    for period in 1...longestCycle where start + 2 * period <= functions.count {
      var end = start + period
      while end < functions.count, functions[end] == functions[end - period] { end += 1 }
      let length = end - start
      if length >= 2 * period, length > (best?.length ?? 0) { best = (period, length) }
    }
    return best
  }

  /// The rotation of a cycle that comes first in the order of its names.
  private static func leastRotation(_ cycle: [String]) -> [String] {
    let rotations = cycle.indices.map { Array(cycle[$0...] + cycle[..<$0]) }
    return rotations.min { $0.lexicographicallyPrecedes($1) } ?? cycle
  }
}
