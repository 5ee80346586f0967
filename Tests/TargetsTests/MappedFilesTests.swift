import Bytes
import Targets
import TestSupport
import Testing

@Suite("The list of mapped files")
struct MappedFilesTests {
  private typealias Entry = CoreWriter.MappedFileEntry

  /// What a mapping is compared by.
  private func facts(_ target: CoreTarget) -> [String] {
    target.mappings.filter { $0.start < 0x7000_0000 }.map {
      "\(String($0.start, radix: 16))-\(String($0.end, radix: 16)) \($0.path ?? "-") \($0.fileOffset)"
    }
  }

  @Test("gives segments their files, and adds files that no segment speaks of")
  func merge() throws {
    var core = CoreWriter.small()
    core.addMemory(0x1000, flags: 5, [], size: 0x3000)
    core.addMemory(0x8000, flags: 6, [], size: 0x1000)
    core.addFiles([
      Entry(0x2000, 0x3000, page: 1, "/a"), Entry(0x3000, 0x5000, page: 2, "/a"), Entry(0x6000, 0x7000, page: 0, "/b"),
      Entry(0x9000, 0xa000, page: 9, "/c"),
    ])
    let target = try open(core)
    #expect(
      facts(target) == [
        "1000-2000 - 0", "2000-3000 /a 4096", "3000-4000 /a 8192", "4000-5000 /a 12288", "6000-7000 /b 0",
        "8000-9000 - 0",
        "9000-a000 /c 36864",
      ])
    #expect(target.mapping(containing: 0x2000)?.permissions == [.read, .execute])
    #expect(target.mapping(containing: 0x4000)?.permissions == nil)
  }

  @Test("is read as far as it goes where it claims to be longer", arguments: [3, 1000, UInt64.max])
  func lies(_ count: UInt64) throws {
    var core = CoreWriter.small()
    core.addFiles([Entry(0x2000, 0x3000, page: 1, "/a"), Entry(0x3000, 0x4000, page: 2, "/b")], statedCount: count)
    let target = try open(core)
    #expect(target.mappings.first?.start == 0x2000)
    #expect(target.shortfalls.contains { $0.what.contains("NT_FILE") })
  }

  @Test(
    "leaves out entries that make no sense",
    arguments: [
      (0x3000, 0x3000, 0), (0x3000, 0x2000, 0), (0x3000, 0x4000, UInt64.max), (0x3000, 0x4000, UInt64.max / 4096),
    ] as [(UInt64, UInt64, UInt64)])
  func invalid(_ start: UInt64, _ end: UInt64, _ page: UInt64) throws {
    var core = CoreWriter.small()
    core.addFiles([Entry(start, end, page: page, "/bad"), Entry(0x8000, 0x9000, page: 0, "/good")])
    let target = try open(core)
    #expect(facts(target) == ["8000-9000 /good 0"])
    #expect(target.shortfalls.contains { $0.what.contains("lacks 1 entries") })
  }

  @Test("is put in order, and of entries that overlap the lower is believed")
  func disorder() throws {
    var core = CoreWriter.small()
    core.addFiles([
      Entry(0x8000, 0x9000, page: 0, "/c"), Entry(0x2000, 0x4000, page: 0, "/a"), Entry(0x3000, 0x5000, page: 0, "/b"),
    ])
    #expect(facts(try open(core)) == ["2000-4000 /a 0", "8000-9000 /c 0"])
  }

  @Test("may end within its names")
  func cutNames() throws {
    var core = CoreWriter.small()
    core.addFiles([Entry(0x2000, 0x4000, page: 0, "/a"), Entry(0x6000, 0x7000, page: 0, "/bbbbbbbbbbbb")])
    var bytes = core.bytes()
    // Cut within the last name: nothing of the segment's bytes follows the notes then.
    let name = Array("/bbbb".utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
    bytes.removeSubrange((place + 3)...)
    let target = try open(bytes)
    #expect(facts(target) == ["2000-4000 /a 0", "6000-7000 - 0"])
    #expect(target.shortfalls.contains { $0.what.contains("within its notes") })
  }
}
