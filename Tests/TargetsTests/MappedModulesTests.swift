import Bytes
import Targets
import TestSupport
import Testing

@Suite("Modules among mapped files")
struct MappedModulesTests {
  private typealias Entry = CoreWriter.MappedFileEntry

  /// The first page of a shared object with a page of code and one of data behind it, linked at `base`.
  private func firstPage(base: UInt64 = 0, machine: UInt16 = 62) -> [UInt8] {
    var file = ELFWriter(type: 3, machine: machine)
    var notes = NoteWriter()
    notes.addBuildID([1, 2, 3, 4, 5, 6, 7, 8])
    for (index, flags) in [5, 6].enumerated() {
      file.segments.append(
        ELFWriter.Segment(
          type: 1, flags: UInt32(flags), address: base + UInt64(index) * 0x1000, contents: [], memorySize: 0x1000,
          statedFileSize: 0x1000, statedOffset: UInt64(index) * 0x1000))
    }
    let place = UInt64(64 + 56 * 3)
    file.segments.append(
      ELFWriter.Segment(type: 4, flags: 4, address: base + place, contents: notes.bytes, statedOffset: place))
    let bytes = file.bytes()
    return bytes + [UInt8](repeating: 0, count: 4096 - bytes.count)
  }

  @Test(
    "have their bias and build-id from memory, wherever they were linked to", arguments: [0, 0x40_0000] as [UInt64])
  func bias(_ base: UInt64) throws {
    var core = CoreWriter.small()
    core.addFiles([
      Entry(0x40_0000, 0x40_1000, page: 0, "/lib/a.so"), Entry(0x40_1000, 0x40_2000, page: 1, "/lib/a.so"),
    ])
    core.addMemory(0x40_0000, flags: 5, firstPage(base: base))
    core.addMemory(0x40_1000, flags: 6, [UInt8](repeating: 0, count: 4096))
    let target = try open(core)
    #expect(target.modules.count == 1)
    let module = try #require(target.modules.first)
    #expect(module.start == 0x40_0000 && module.end == 0x40_2000)
    #expect(module.bias == 0x40_0000 - base)
    #expect(module.buildID?.array == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(module.file == nil && module.image != nil)
    // The data page follows in memory as in the file, and was written to: it is no part of the image.
    #expect(module.image?.bytes.count == 4096)
  }

  @Test("of one file that is loaded twice are two")
  func twice() throws {
    var core = CoreWriter.small()
    core.addFiles([
      Entry(0x40_0000, 0x40_1000, page: 0, "/lib/a.so"), Entry(0x40_1000, 0x40_2000, page: 1, "/lib/a.so"),
      Entry(0x50_0000, 0x50_1000, page: 0, "/lib/a.so"), Entry(0x50_1000, 0x50_2000, page: 1, "/lib/a.so"),
    ])
    core.addMemory(0x40_0000, flags: 5, firstPage())
    core.addMemory(0x50_0000, flags: 5, firstPage())
    let target = try open(core)
    #expect(target.modules.map(\.start) == [0x40_0000, 0x50_0000])
    #expect(target.modules.map(\.bias) == [0x40_0000, 0x50_0000])
    #expect(target.moduleIndex(containing: 0x40_1fff) == 0)
    #expect(target.moduleIndex(containing: 0x50_0000) == 1)
    #expect(target.moduleIndex(containing: 0x45_0000) == nil)
    #expect(target.moduleIndex(containing: 0) == nil)
  }

  @Test("are not files that were only read: data, or an ELF file mapped in one piece")
  func data() throws {
    var core = CoreWriter.small()
    core.addFiles([
      Entry(0x40_0000, 0x40_1000, page: 0, "/usr/lib/locale/locale-archive"),
      Entry(0x50_0000, 0x50_1000, page: 0, "/lib/read.so"), Entry(0x60_0000, 0x60_1000, page: 5, "/data"),
    ])
    core.addMemory(0x40_0000, flags: 4, [UInt8](repeating: 9, count: 4096))
    core.addMemory(0x50_0000, flags: 4, firstPage())
    core.addMemory(0x60_0000, flags: 4, [])
    #expect(try open(core).modules.isEmpty)
  }

  @Test(
    "are not what the kernel names without a file", arguments: ["/memfd:jit (deleted)", "/dev/zero", "/SYSV00000000"])
  func nameless(_ path: String) throws {
    var core = CoreWriter.small()
    core.addFiles([Entry(0x40_0000, 0x40_1000, page: 0, path)])
    core.addMemory(0x40_0000, flags: 5, [], size: 0x1000)
    #expect(try open(core).modules.isEmpty)
  }

  @Test("with code are known even where none of their memory was dumped")
  func undumped() throws {
    var core = CoreWriter.small()
    core.addFiles([
      Entry(0x40_0000, 0x40_1000, page: 0, "/lib/a.so"), Entry(0x40_1000, 0x40_2000, page: 1, "/lib/a.so"),
    ])
    core.addMemory(0x40_0000, flags: 4, [], size: 0x1000)
    core.addMemory(0x40_1000, flags: 5, [], size: 0x1000)
    let module = try #require(try open(core).modules.first)
    #expect(module.path == "/lib/a.so" && module.buildID == nil && module.image == nil)
    #expect(module.start == 0x40_0000 && module.end == 0x40_2000)
  }

  @Test("whose headers claim more than they can have end where the next begins")
  func greedy() throws {
    var page = ByteWriter()
    page.append(firstPage())
    // The second segment's p_memsz.
    page.replace(at: 64 + 56 + 40, with: 0x10_0000_0000 as UInt64)
    var core = CoreWriter.small()
    core.addFiles([
      Entry(0x40_0000, 0x40_1000, page: 0, "/lib/a.so"), Entry(0x40_1000, 0x40_2000, page: 1, "/lib/a.so"),
      Entry(0x50_0000, 0x50_1000, page: 0, "/lib/b.so"), Entry(0x50_1000, 0x50_2000, page: 1, "/lib/b.so"),
    ])
    core.addMemory(0x40_0000, flags: 5, page.bytes)
    core.addMemory(0x50_0000, flags: 5, firstPage())
    let target = try open(core)
    #expect(target.modules.map(\.end) == [0x50_0000, 0x50_2000])
  }
}
