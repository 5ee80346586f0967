import Testing

@testable import Sharing

@Suite("Ranges of bytes")
struct ByteRangesTests {
  private func ranges(_ all: [Range<UInt64>]) -> ByteRanges {
    var ranges = ByteRanges()
    all.forEach { ranges.add($0) }
    return ranges
  }

  @Test("are put in order, widened to pages and joined over small gaps")
  func merged() {
    let some = ranges([9000..<9001, 10..<20, 15..<4097, 40_000..<40_001])
    #expect(some.merged().all == [10..<4097, 9000..<9001, 40_000..<40_001])
    #expect(some.merged(pageSize: 4096).all == [0..<12_288, 36_864..<40_960])
    #expect(some.merged(pageSize: 4096, gap: 24_576).all == [0..<40_960])
  }

  @Test("at the end of the address space do not wrap")
  func end() {
    var some = ByteRanges()
    some.add(UInt64.max - 10, 100)
    #expect(some.merged(pageSize: 4096).all.allSatisfy { $0.lowerBound < $0.upperBound })
  }

  @Test("are clipped to what is there")
  func clipped() {
    let some = ranges([0..<10, 20..<30, 40..<50])
    #expect(some.clipped(to: [5..<25, 25..<26, 45..<100]).all == [5..<10, 20..<25, 25..<26, 45..<50])
    #expect(some.clipped(to: []).all.isEmpty)
  }

  @Test("have a complement, which together with them is all")
  func complement() {
    #expect(ranges([0..<10, 20..<30]).complement(in: 40).all == [10..<20, 30..<40])
    #expect(ranges([5..<50]).complement(in: 40).all == [0..<5])
    #expect(ranges([]).complement(in: 3).all == [0..<3])
  }

  @Test("overlap where they share a byte, not where they touch")
  func overlaps() {
    let some = ranges([10..<20])
    #expect(some.overlaps(19..<25))
    #expect(!some.overlaps(20..<25))
    #expect(!some.overlaps(0..<10))
  }
}
