/// Counts how often functions come among frames that are not kept. Bounded: functions that come late and find no
/// place are not counted.
struct FunctionTally {
  private static let capacity = 1024
  private static let longestProbe = 16

  private struct Slot {
    var functionStart: UInt64
    var samplePC: UInt64
    var count: Int
  }

  private var slots: [Slot] = []
  /// All frames that were added, counted by function or not.
  private(set) var total = 0

  /// Adds `count` frames of the function of `frame`.
  mutating func add(_ frame: Frame, count: Int = 1) {
    if slots.isEmpty {
      slots = [Slot](repeating: Slot(functionStart: 0, samplePC: 0, count: 0), count: Self.capacity)
    }
    total += count
    let key = frame.foldingKey
    var index = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 54)
    for _ in 0..<Self.longestProbe {
      if slots[index].count == 0 {
        slots[index] = Slot(functionStart: key, samplePC: frame.pc, count: count)
        return
      }
      if slots[index].functionStart == key {
        slots[index].count += count
        return
      }
      index = (index + 1) % Self.capacity
    }
  }

  /// The functions that came most often, most often first.
  func mostFrequent(_ limit: Int) -> [(functionStart: UInt64, samplePC: UInt64, count: Int)] {
    slots.filter { $0.count > 0 }
      .sorted { ($1.count, $0.functionStart) < ($0.count, $1.functionStart) }
      .prefix(limit)
      .map { ($0.functionStart, $0.samplePC, $0.count) }
  }
}

extension Frame {
  /// What makes two frames the same for folding: their function, or their pc where that is not known.
  var foldingKey: UInt64 { functionStart != 0 ? functionStart : pc }
}
