import Bytes
import DWARF
import Testing

@Suite("Debug information made by hand")
struct DebugInformationTests {
  @Test("of units that all read one large table over and over ends with an error", .timeLimit(.minutes(1)))
  func repeatedTables() {
    // 60,000 units of 16 bytes, each with a table of its own beginning one byte later, in 1 MiB of declarations.
    var sections = DebugSections()
    sections.abbreviations = ByteView([UInt8](repeating: 1, count: 1 << 20))
    var info: [UInt8] = []
    for index in 0..<60_000 as Range<UInt32> {
      info += [12, 0, 0, 0, 4, 0] + withUnsafeBytes(of: index.littleEndian) { Array($0) } + [8, 77, 0, 0, 0, 0]
    }
    sections.info = ByteView(info)
    let information = DebugInformation(sections)
    let places = information.lookUp([0x1000, 0x2000])
    #expect(places.allSatisfy { $0.function == nil })
    #expect(!information.problems.isEmpty)
  }

  @Test("of origins that lead back to themselves gives no name")
  func circle() {
    var sections = DebugSections()
    // 1: compile unit with low_pc, high_pc (data4); 2: subprogram with these and abstract_origin (ref4).
    sections.abbreviations = ByteView([
      1, 0x11, 1, 0x11, 0x01, 0x12, 0x06, 0, 0, 2, 0x2e, 0, 0x11, 0x01, 0x12, 0x06, 0x31, 0x13, 0, 0, 0,
    ])
    func address(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    let body: [UInt8] =
      [4, 0, 0, 0, 0, 0, 8] + [1] + address(0x1000) + [0x10, 0, 0, 0] + [2] + address(0x1000)
      + [0x10, 0, 0, 0, 24, 0, 0, 0] + [0]
    sections.info = ByteView([UInt8(body.count), 0, 0, 0] + body)
    let place = DebugInformation(sections).lookUp([0x1004])[0]
    #expect(place.function?.low == 0x1000)
    #expect(place.function?.high == 0x1010)
    #expect(place.function?.name == nil)
  }
}
