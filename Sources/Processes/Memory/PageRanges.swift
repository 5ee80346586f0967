/// Runs of whole pages of a process's addresses, by address, without overlap and without two that touch.
package struct PageRanges: Sendable {
  package private(set) var all: [Range<UInt64>] = []

  private static let pageSize: UInt64 = 4096

  package init() {}

  /// - Parameter ranges: in any order; each is widened to whole pages.
  package init(_ ranges: [Range<UInt64>]) {
    let sorted = ranges.lazy.filter { !$0.isEmpty }.map(Self.widened).filter { !$0.isEmpty }.sorted {
      $0.lowerBound < $1.lowerBound
    }
    all.reserveCapacity(sorted.count)
    for range in sorted {
      if let last = all.last, range.lowerBound <= last.upperBound {
        all[all.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        all.append(range)
      }
    }
  }

  private static func widened(_ range: Range<UInt64>) -> Range<UInt64> {
    let end = (range.upperBound - 1 | (pageSize - 1)).addingReportingOverflow(1)
    return (range.lowerBound & ~(pageSize - 1))..<(end.overflow ? ~(pageSize - 1) : end.partialValue)
  }

  /// In bytes.
  package var size: UInt64 { all.reduce(0) { $0 &+ ($1.upperBound - $1.lowerBound) } }

  /// What of these lies in none of `others`.
  package func subtracting(_ others: PageRanges) -> PageRanges {
    var result = PageRanges()
    var next = 0
    for range in all {
      var position = range.lowerBound
      while next < others.all.count, others.all[next].upperBound <= position { next += 1 }
      var index = next
      while index < others.all.count, others.all[index].lowerBound < range.upperBound {
        if others.all[index].lowerBound > position { result.all.append(position..<others.all[index].lowerBound) }
        position = max(position, others.all[index].upperBound)
        index += 1
      }
      if position < range.upperBound { result.all.append(position..<range.upperBound) }
    }
    return result
  }

  /// These and others.
  package func union(_ others: PageRanges) -> PageRanges { PageRanges(all + others.all) }
}
