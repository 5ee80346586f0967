/// Finds out when a sequence has begun to repeat itself, while it is read.
struct PeriodDetector {
  /// The longest period that is found.
  static let longest = 64
  /// How many whole turns, and at least how many members, make a repetition.
  static let leastTurns = 3
  static let leastCount = 12

  /// The last 64 keys, newest first, from ``position`` on; twice, so that they lie in a row.
  private var keys = InlineArray<128, UInt64>(repeating: 0)
  private var position = 64
  /// For period p, at index p - 1: for how many keys on end the one p before was the same.
  private var runs = InlineArray<64, UInt32>(repeating: 0)
  private var count = 0

  /// How many members a repetition of `period` must have.
  static func needed(_ period: Int) -> Int { max(leastTurns * period, leastCount) }

  /// Takes the next key.
  ///
  /// - Returns: the shortest period that the last ``needed(_:)`` keys, this one included, have.
  mutating func add(_ key: UInt64) -> Int? {
    let known = min(count, Self.longest)
    var found: Int?
    for index in 0..<known {
      let run = keys[position + index] == key ? runs[index] &+ 1 : 0
      runs[index] = run
      if run != 0, found == nil, Int(run) + index + 1 >= Self.needed(index + 1) { found = index + 1 }
    }
    position = position == 0 ? 63 : position - 1
    keys[position] = key
    if position < 64 { keys[position + 64] = key }
    count += 1
    return found
  }

  /// Forgets everything.
  mutating func reset() {
    count = 0
    for index in 0..<Self.longest { runs[index] = 0 }
  }
}
