import Bytes
import Machine
import Targets
import TestSupport
import Testing

@Suite("The memory of a core")
struct CoreMemoryTests {
  /// 16 bytes at 0x1000, 16 at 0x1010 right behind, nothing up to 0x3000, where 8 of 4,096 bytes were dumped.
  private func memory() throws -> CoreMemory {
    var core = CoreWriter.small()
    core.addMemory(0x3000, Array(100..<108), size: 4096)
    core.addMemory(0x1010, Array(16..<32))
    core.addMemory(0x1000, Array(0..<16))
    return try open(core).coreMemory
  }

  @Test("is read by address, whatever the order of segments", arguments: [(0x1000, 0), (0x100f, 15), (0x1010, 16)])
  func read(_ address: UInt64, _ value: UInt8) throws {
    #expect(try memory().load(UInt8.self, at: address) == value)
  }

  @Test("is read across segments that lie side by side")
  func across() throws {
    #expect(try memory().load(UInt32.self, at: 0x100e) == 0x1110_0f0e)
    #expect(try memory().read(0x1000, 32)?.array == Array(0..<32))
  }

  @Test(
    "ends where the dump ends, and is not filled with zeros",
    arguments: [0xfff, 0x1020, 0x3008, 0x3fff, 0, UInt64.max] as [UInt64])
  func ends(_ address: UInt64) throws {
    #expect(try memory().window(containing: address) == nil)
    #expect(try memory().load(UInt64.self, at: address &- 4) == nil)
  }

  @Test("gives as much as there is where more is wanted")
  func prefix() throws {
    #expect(try memory().readPrefix(0x3004, 4096).array == Array(104..<108))
  }

  @Test("believes the lower of two segments that overlap, and says so")
  func overlap() throws {
    var core = CoreWriter.small()
    core.addMemory(0x2008, [UInt8](repeating: 2, count: 16))
    core.addMemory(0x2000, [UInt8](repeating: 1, count: 16))
    let target = try open(core)
    #expect(target.memory.read(0x2000, 24)?.array == [UInt8](repeating: 1, count: 16) + [UInt8](repeating: 2, count: 8))
    #expect(target.shortfalls.contains { $0.what.contains("lie over others") })
    #expect(target.mappings.map(\.start) == [0x2000, 0x2010, 0x7000_0000])
  }

  @Test("leaves out segments that make no sense, and says so")
  func wrapping() throws {
    var core = CoreWriter.small()
    core.addMemory(UInt64.max - 7, [1, 2, 3, 4, 5, 6, 7, 8, 9])
    core.addMemory(0x2000, [1, 2], statedFileSize: UInt64.max, statedOffset: UInt64.max - 1)
    let target = try open(core)
    #expect(target.memory.window(containing: UInt64.max) == nil)
    #expect(target.memory.window(containing: 0x2000) == nil)
    #expect(target.shortfalls.contains { $0.what.contains("beyond the address space") })
  }

  @Test("tells what it states from what it has, where the file is cut")
  func cut() throws {
    var core = CoreWriter.small()
    core.addMemory(0x2000, [UInt8](repeating: 1, count: 4096))
    let whole = core.bytes()
    let target = try open(Array(whole.prefix(whole.count - 1000)))
    let mapping = try #require(target.mapping(containing: 0x2000))
    #expect(mapping.statedSize == 4096)
    #expect(mapping.dumpedSize == 3096)
    #expect(target.memory.window(containing: 0x2000 + 3095) != nil)
    #expect(target.memory.window(containing: 0x2000 + 3096) == nil)
    #expect(target.shortfalls.contains { $0.isHeadline && $0.what.contains("1,000 bytes") })
  }

  @Test("may be in more segments than the header can count (PN_XNUM)")
  func manySegments() throws {
    var core = CoreWriter.small()
    let page = [UInt8](repeating: 0, count: 8)
    for index in 0..<70_000 as Range<UInt64> {
      core.addMemory(0x1_0000_0000 + index * 0x2000, page, size: 0x1000)
    }
    let bytes = ByteView(core.bytes())
    let clock = ContinuousClock()
    var target: CoreTarget?
    let time = try clock.measure { target = try CoreTarget(bytes, finder: .nowhere) }
    #expect(target?.mappings.count == 70_001)
    #expect(target?.memory.load(UInt64.self, at: 0x1_0000_0000 + 69_999 * 0x2000) == 0)
    // Milliseconds when optimised; what must not be is a square.
    #expect(time < .seconds(5))
  }

  @Test("in more segments than the header can count is known even where the file's end, with their number, is cut off")
  func manySegmentsCut() throws {
    var core = CoreWriter.small()
    for index in 0..<66_000 as Range<UInt64> {
      core.addMemory(0x1_0000_0000 + index * 0x2000, [], size: 0x1000)
    }
    let whole = core.bytes()
    // Section headers 0 and 1, and the names of sections.
    let target = try open(Array(whole.dropLast(2 * 64 + 12)))
    #expect(target.mappings.count == 66_001)
  }
}
