import Bytes
import ELF
import ModuleFiles
import TestSupport
import Testing

@Suite("The contents of a section")
struct SectionContentsTests {
  @Test("are the same however they are compressed", arguments: ["zlib", "zlib-gnu", "zstd"])
  func compressed(_ kind: String) throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "plain")
    try folder.run("objcopy", "--compress-debug-sections=" + kind, "plain", "packed")
    let finder = FileFinder()
    let plain = try #require(finder.sectionContents(".debug_info", of: try folder.elf("plain")))
    let packed = try folder.elf("packed")
    let found = try #require(finder.sectionContents(".debug_info", of: packed))
    #expect(found.count > 100)
    #expect(found.hasSameBytes(as: plain))
    let stored = packed.sections.first { packed.name(of: $0)?.text.contains("debug_info") == true }
    #expect(stored.map { packed.contents(of: $0).count } != plain.count, "it was not compressed at all")
    #expect(finder.sectionContents(".debug_nothing", of: packed) == nil)
    #expect(finder.sectionContents(".text", of: packed)?.isEmpty == false)
  }

  /// A section with an Elf64_Chdr that states `size` bytes.
  private func file(type: UInt32, size: UInt64, _ packed: [UInt8]) throws -> ELFFile {
    var contents = ByteWriter()
    contents.append(type)
    contents.append(UInt32(0))
    contents.append(size)
    contents.append(UInt64(1))
    contents.append(packed)
    var file = ELFWriter(type: 3)
    file.sections = [ELFWriter.Section(".debug_info", flags: 0x800, contents: contents.bytes)]
    return try ELFFile(ByteView(file.bytes()))
  }

  /// "aaaaaaaaaa" as zlib packs it.
  private static let tenLetters: [UInt8] = [0x78, 0x9c, 0x4b, 0x84, 0x03, 0x00, 0x14, 0xe1, 0x03, 0xcb]

  @Test(
    "are believed only if they are as long as they are said to be", arguments: [(10, true), (9, false), (11, false)])
  func size(_ size: UInt64, _ isRight: Bool) throws {
    let found = FileFinder().sectionContents(".debug_info", of: try file(type: 1, size: size, Self.tenLetters))
    #expect(found?.text == (isRight ? "aaaaaaaaaa" : nil))
  }

  @Test(
    "are none where the header lies",
    arguments: [(1, UInt64.max), (1, 1 << 62), (1, 1 << 31), (3, 10), (0, 10), (2, 10)] as [(UInt32, UInt64)])
  func lies(_ type: UInt32, _ size: UInt64) throws {
    #expect(FileFinder().sectionContents(".debug_info", of: try file(type: type, size: size, Self.tenLetters)) == nil)
  }

  @Test("are none where the section is too short for a header")
  func short() throws {
    var file = ELFWriter(type: 3)
    file.sections = [
      ELFWriter.Section(".debug_info", flags: 0x800, contents: [1, 0, 0, 0]),
      ELFWriter.Section(".zdebug_line", contents: Array("ZLIB".utf8)),
      ELFWriter.Section(".zdebug_str", contents: Array("ABCD0000000000".utf8)),
    ]
    let elf = try ELFFile(ByteView(file.bytes()))
    #expect(FileFinder().sectionContents(".debug_info", of: elf) == nil)
    #expect(FileFinder().sectionContents(".debug_line", of: elf) == nil)
    #expect(FileFinder().sectionContents(".debug_str", of: elf) == nil)
  }
}
