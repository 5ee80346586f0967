/// How many chunks there are of each size: exactly up to a MiB, above that between powers of two.
package struct SizeClasses: Sendable {
  private var small: [Count]
  private var large: [Count]

  private struct Count: Sendable {
    var chunks = 0
    var bytes: UInt64 = 0
  }

  /// The sizes below this are counted one by one.
  private static let largest: UInt64 = 1 << 20

  init() {
    small = Array(repeating: Count(), count: Int(Self.largest / 16))
    large = Array(repeating: Count(), count: 64)
  }

  /// Nothing, with no room for anything: what stands where the counts were taken from.
  static let none = SizeClasses(small: [], large: [])

  private init(small: [Count], large: [Count]) {
    self.small = small
    self.large = large
  }

  /// - Parameter size: of a chunk, a multiple of 16.
  @inline(__always)
  mutating func add(_ size: UInt64) {
    if size < Self.largest {
      let index = Int(size / 16)
      small[index].chunks &+= 1
      small[index].bytes &+= size
    } else {
      let index = 63 - size.leadingZeroBitCount
      large[index].chunks &+= 1
      large[index].bytes &+= size
    }
  }

  /// The sizes whose chunks take the most memory.
  package func largest(_ count: Int) -> [SizeClass] {
    var all: [SizeClass] = []
    for (index, entry) in small.enumerated() where entry.chunks > 0 {
      all.append(
        SizeClass(lowest: UInt64(index) * 16, highest: UInt64(index) * 16, chunks: entry.chunks, bytes: entry.bytes))
    }
    for (index, entry) in large.enumerated() where entry.chunks > 0 {
      let lowest = UInt64(1) << UInt64(index)
      all.append(
        SizeClass(lowest: lowest, highest: lowest &* 2 &- 16, chunks: entry.chunks, bytes: entry.bytes))
    }
    all.sort { ($1.bytes, $0.lowest) < ($0.bytes, $1.lowest) }
    return Array(all.prefix(count))
  }
}

/// Chunks of one size, or of a range of sizes, headers included.
package struct SizeClass: Sendable, Equatable {
  package let lowest: UInt64
  package let highest: UInt64
  package let chunks: Int
  package let bytes: UInt64
}
