import Targets
import TestSupport
import Testing

@Suite("A heap of a thread's arena")
struct ArenaTests {
  private static let block: UInt64 = 64 << 20
  private static let base: UInt64 = 0x7f00_0000_0000

  /// `struct _heap_info` and nothing else of a mapping of `pages` pages.
  private static func heap(
    arena: UInt64, previous: UInt64 = 0, size: UInt64 = 0x3000, writable: UInt64 = 0x4000
  ) -> [UInt8] {
    var writer = ByteWriter()
    for word in [arena, previous, size, writable] { writer.append(word) }
    writer.append(zeros: 0x4000 - writer.count)
    return writer.bytes
  }

  private static func use(_ heaps: (UInt64, [UInt8])...) throws -> [Mapping.Use] {
    var core = CoreWriter.small()
    for (address, contents) in heaps { core.addMemory(address, contents) }
    return try open(core).mappings.filter { $0.start >= base }.map(\.use)
  }

  @Test("is told by its header, old and new", arguments: [32, 48] as [UInt64])
  func first(offset: UInt64) throws {
    #expect(try Self.use((Self.base, Self.heap(arena: Self.base + offset))) == [.arena])
  }

  @Test("is told where it continues another one")
  func second() throws {
    let next = Self.base + Self.block
    #expect(
      try Self.use(
        (Self.base, Self.heap(arena: Self.base + 48)),
        (next, Self.heap(arena: Self.base + 48, previous: Self.base))) == [.arena, .arena])
  }

  @Test(
    "is not told where a word of its header is another's",
    arguments: [
      (base, heap(arena: base + 40)), (base, heap(arena: base + 48, previous: base)),
      (base, heap(arena: base + 48, previous: 4096)), (base, heap(arena: base + 48, size: 0x3001)),
      (base, heap(arena: base + 48, size: 0x5000)), (base, heap(arena: base + 48, size: 0)),
      (base, heap(arena: base + 48, writable: 0x5000)), (base, heap(arena: base + 48, writable: 0x3000)),
      (base, heap(arena: base + block + 48, previous: base + block)),
      (base + 0x4000, heap(arena: base + 0x4000 + 48)), (base, heap(arena: .max)),
      (0xffff_ffff_fc00_0000, heap(arena: 0xffff_ffff_fc00_0030, size: block, writable: block)),
    ] as [(UInt64, [UInt8])])
  func nearMisses(address: UInt64, contents: [UInt8]) throws {
    #expect(try Self.use((address, contents)) == [.anonymous])
  }
}
