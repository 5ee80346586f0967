import Testing

@testable import Processes

struct PageRangesTests {
  @Test func widensSortsAndJoins() {
    let ranges = PageRanges([0x5001..<0x5002, 0x1fff..<0x2001, 0x3000..<0x4000, 0x9000..<0x9000])
    #expect(ranges.all == [0x1000..<0x4000, 0x5000..<0x6000])
    #expect(ranges.size == 0x4000)
  }

  @Test func theLastPageDoesNotOverflow() {
    #expect(PageRanges([UInt64.max - 10..<UInt64.max]).all.count == 0)
    #expect(
      PageRanges([0xffff_ffff_ffff_d123..<0xffff_ffff_ffff_e000]).all == [0xffff_ffff_ffff_d000..<0xffff_ffff_ffff_e000]
    )
  }

  @Test(
    arguments: [
      ([0x1000..<0x5000], [0x2000..<0x3000], [0x1000..<0x2000, 0x3000..<0x5000]),
      ([0x1000..<0x5000], [0x1000..<0x5000], []),
      ([0x1000..<0x2000, 0x4000..<0x6000], [0x0..<0x1000, 0x5000..<0x9000], [0x1000..<0x2000, 0x4000..<0x5000]),
      ([0x1000..<0x2000, 0x3000..<0x4000], [0x1000..<0x4000], []),
      ([0x1000..<0x2000], [], [0x1000..<0x2000]),
      ([0x1000..<0x3000, 0x4000..<0x6000], [0x2000..<0x5000], [0x1000..<0x2000, 0x5000..<0x6000]),
    ] as [([Range<UInt64>], [Range<UInt64>], [Range<UInt64>])])
  func leavesOutOthers(_ these: [Range<UInt64>], _ others: [Range<UInt64>], _ rest: [Range<UInt64>]) {
    #expect(PageRanges(these).subtracting(PageRanges(others)).all == rest)
  }
}
