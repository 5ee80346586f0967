/// Finds out when a sequence has begun to repeat itself, while it is read.
///
/// Members are compared by 32 bits made of their keys, so that a processor compares many at once: what is found
/// must be checked.
struct PeriodDetector {
  /// The longest period that is found.
  static let longest = 64
  /// How many whole turns, and at least how many members, make a repetition.
  static let leastTurns = 3
  static let leastCount = 12

  /// The last 64 members, newest first, from ``position`` on; twice, so that they lie in a row. 0 for none.
  private var members = InlineArray<128, UInt32>(repeating: 0)
  private var position = 64
  /// For period p, at index p - 1: for how many members on end the one p before was the same.
  private var runs = InlineArray<64, UInt32>(repeating: 0)
  /// For period p, at index p - 1: the run that makes a repetition.
  private let neededRuns: InlineArray<64, UInt32> = InlineArray { index in
    UInt32(Self.needed(index + 1) - (index + 1))
  }

  /// How many members a repetition of `period` must have.
  static func needed(_ period: Int) -> Int { max(leastTurns * period, leastCount) }

  /// Takes the next key.
  ///
  /// - Returns: the shortest period that the last ``needed(_:)`` keys, this one included, seem to have.
  mutating func add(_ key: UInt64) -> Int? {
    let member = UInt32(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 32) | 1
    let isRepetition = extendRuns(member)
    position = position == 0 ? 63 : position - 1
    members[position] = member
    if position < 64 { members[position + 64] = member }
    guard isRepetition else { return nil }
    return (0..<Self.longest).first { runs[$0] >= neededRuns[$0] }.map { $0 + 1 }
  }

  /// Compares the next member with the last 64.
  ///
  /// - Returns: whether any run is as long as it needs to be.
  private mutating func extendRuns(_ member: UInt32) -> Bool {
    let recent = members.span.extracting(position..<position + Self.longest)
    let needed = neededRuns.span
    var runs = self.runs.mutableSpan
    var reached: UInt32 = 0
    // All spans have 64 members. Without a branch in the loop, the compiler makes vectors of it.
    for index in 0..<Self.longest {
      let isSame: UInt32 = unsafe recent[unchecked: index] == member ? .max : 0
      let run = unsafe (runs[unchecked: index] &+ 1) & isSame
      unsafe runs[unchecked: index] = run
      reached |= unsafe run >= needed[unchecked: index] ? 1 : 0
    }
    return reached != 0
  }

  /// Forgets everything.
  mutating func reset() {
    for index in 0..<Self.longest { runs[index] = 0 }
    for index in 0..<128 { members[index] = 0 }
  }
}
