import Bytes
import Testing

@Suite("A view of untrusted bytes")
struct ByteViewTests {
  @Test(
    "loads nothing that does not lie wholly within it",
    arguments: [-1, 1, 2, Int.max, Int.min])
  func outside(_ offset: Int) {
    #expect(ByteView([1, 2, 3, 4]).load(UInt32.self, at: offset) == nil)
  }

  @Test("loads little-endian integers at odd offsets")
  func littleEndian() {
    #expect(ByteView([0, 0x78, 0x56, 0x34, 0x12]).load(UInt32.self, at: 1) == 0x1234_5678)
  }

  @Test("slices nothing that would wrap around")
  func wrapping() {
    let view = ByteView([1, 2, 3])
    #expect(view.slice(UInt64.max, 1) == nil)
    #expect(view.slice(1, UInt64.max) == nil)
    #expect(view.slice(2, Int.max) == nil)
    #expect(view.slice(3, 0)?.isEmpty == true)
  }

  @Test("gives what is left of a range that was cut")
  func prefix() {
    #expect(ByteView([1, 2, 3]).prefix(from: 1, atMost: UInt64.max).array == [2, 3])
    #expect(ByteView([1, 2, 3]).prefix(from: UInt64.max, atMost: 1).isEmpty)
  }
}
