internal import Bytes

/// Ranges of numbers, addresses or offsets, gathered in any order, then put in order without overlap.
struct ByteRanges: Sendable {
  /// By their start, without overlap once ``merged(within:)`` has made them so.
  private(set) var all: [Range<UInt64>] = []

  /// Adds `count` bytes from `start` on; what goes beyond 2^64 is left out.
  mutating func add(_ start: UInt64, _ count: UInt64) {
    let end = start.addingReportingOverflow(count)
    add(start..<(end.overflow ? UInt64.max : end.partialValue))
  }

  mutating func add(_ range: Range<UInt64>) {
    if !range.isEmpty { all.append(range) }
  }

  mutating func add(_ other: ByteRanges) { all += other.all }

  /// The ranges in order, widened to whole pages, joined where at most `gap` bytes lie between two.
  func merged(pageSize: UInt64 = 1, gap: UInt64 = 0) -> ByteRanges {
    let mask = pageSize - 1
    let sorted = all.map { range in
      let end = range.upperBound.addingReportingOverflow(mask)
      return (range.lowerBound & ~mask)..<((end.overflow ? UInt64.max : end.partialValue) & ~mask)
    }.sorted { $0.lowerBound < $1.lowerBound }
    var result = ByteRanges()
    for range in sorted where !range.isEmpty {
      if let last = result.all.last, range.lowerBound <= last.upperBound || range.lowerBound - last.upperBound <= gap {
        result.all[result.all.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.all.append(range)
      }
    }
    return result
  }

  /// What of these, in order and merged, lies in `limits`, in order and without overlap.
  func clipped(to limits: [Range<UInt64>]) -> ByteRanges {
    var result = ByteRanges()
    var index = 0
    for limit in limits {
      while index < all.count, all[index].upperBound <= limit.lowerBound { index += 1 }
      var next = index
      while next < all.count, all[next].lowerBound < limit.upperBound {
        result.add(all[next].clamped(to: limit))
        next += 1
      }
    }
    return result
  }

  /// What lies between the ranges, which are in order, from 0 to `size`.
  func complement(in size: UInt64) -> ByteRanges {
    var result = ByteRanges()
    var position: UInt64 = 0
    for range in all where range.lowerBound < size {
      if range.lowerBound > position { result.add(position..<range.lowerBound) }
      position = max(position, min(size, range.upperBound))
    }
    if position < size { result.add(position..<size) }
    return result
  }

  /// Whether any of these, in order, has a number in common with `range`.
  func overlaps(_ range: Range<UInt64>) -> Bool {
    let index = all.partitioningIndex { $0.upperBound > range.lowerBound }
    return index < all.count && all[index].lowerBound < range.upperBound
  }

  /// How many numbers there are, where the ranges do not overlap.
  var total: UInt64 { all.reduce(0) { $0 &+ ($1.upperBound - $1.lowerBound) } }
}
