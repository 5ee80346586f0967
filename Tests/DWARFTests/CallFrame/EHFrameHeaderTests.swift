import Bytes
import DWARF
import TestSupport
import Testing

@Suite("The table of .eh_frame_hdr")
struct EHFrameHeaderTests {
  static let address: UInt64 = 0x40_0000

  /// A header with the usual encodings.
  func header(_ functions: [UInt64], stated: UInt64? = nil) throws -> EHFrameHeader {
    var bytes: [UInt8] = [1, 0x1b, 0x03, 0x3b] + little(0x100, 4) + little(stated ?? UInt64(functions.count), 4)
    for (index, function) in functions.enumerated() {
      bytes += little(function &- Self.address, 4) + little(UInt64(index) &* 0x20, 4)
    }
    return try EHFrameHeader(ByteView(bytes), address: Self.address)
  }

  @Test(
    "finds the last function that begins at or before an address",
    arguments: [
      (0x3fff, nil), (0x4000, 0x4000), (0x4fff, 0x4000), (0x5000, 0x5000), (0x50_0000, 0x41_0000), (.max, 0x41_0000),
    ]
      as [(UInt64, UInt64?)])
  func search(_ address: UInt64, _ function: UInt64?) throws {
    let table = try #require(try header([0x4000, 0x5000, 0x6000, 0x41_0000]).table)
    #expect(table.lastEntry(atOrBefore: address)?.function == function)
    #expect(table.isSorted())
  }

  @Test("says where .eh_frame is")
  func ehFrame() throws {
    let address = try header([]).ehFrameAddress
    #expect(address == Self.address + 4 + 0x100)
  }

  @Test("has no more entries than there are bytes for")
  func count() throws {
    let table = try #require(try header([0x4000, 0x5000], stated: 0xffff_ffff).table)
    #expect(table.count == 2)
    #expect(table.entry(2) == nil)
    #expect(table.entry(-1) == nil)
  }

  @Test("knows when it is not sorted")
  func unsorted() throws {
    let table = try #require(try header([0x4000, 0x6000, 0x5000]).table)
    #expect(!table.isSorted())
  }

  @Test("reads absolute entries of 8 bytes")
  func absolute() throws {
    let bytes: [UInt8] =
      [1, 0xff, 0x04, 0x04] + little(1, 8) + little(0x7f00_1234_5678, 8) + little(0x7f00_0000_0000, 8)
    let header = try EHFrameHeader(ByteView(bytes), address: 0)
    let entry = try #require(header.table?.entry(0))
    #expect(entry == (0x7f00_1234_5678, 0x7f00_0000_0000))
    #expect(header.ehFrameAddress == nil)
  }

  @Test(
    "that cannot be searched is none",
    arguments: [[1, 0x1b, 0xff, 0x3b], [1, 0x1b, 0x03, 0xff], [1, 0x1b, 0x03, 0x01], [1, 0x1b, 0x03, 0xbb]] as [[UInt8]]
  )
  func unsearchable(_ encodings: [UInt8]) throws {
    let header = try EHFrameHeader(ByteView(encodings + little(0, 8) + little(0, 16)), address: 0)
    #expect(header.table == nil)
  }

  @Test(
    "of an unknown version, or cut short, is refused", arguments: [[2, 0x1b, 0x03, 0x3b], [1, 0x1b], []] as [[UInt8]])
  func refused(_ bytes: [UInt8]) {
    #expect(throws: CallFrameError.self) { try EHFrameHeader(ByteView(bytes), address: 0) }
  }
}
