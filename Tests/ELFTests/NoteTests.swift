import Bytes
import ELF
import TestSupport
import Testing

@Suite("Notes")
struct NoteTests {
  private func notes(_ bytes: [UInt8], alignment: UInt64 = 4) -> [Note] {
    Array(Notes(ByteView(bytes), alignment: alignment))
  }

  private func note(nameSize: UInt32, size: UInt32, type: UInt32 = 1, _ rest: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(nameSize)
    writer.append(size)
    writer.append(type)
    writer.append(rest)
    return writer.bytes
  }

  @Test("are told apart whatever their lengths", arguments: 0...9)
  func lengths(_ length: Int) {
    var writer = NoteWriter()
    writer.add("NAME", 1, [UInt8](repeating: 5, count: length))
    writer.add("N", 2, [9])
    let found = notes(writer.bytes)
    #expect(found.map(\.type) == [1, 2])
    #expect(found.map { $0.name.text } == ["NAME", "N"])
    #expect(found.map(\.contents.count) == [length, 1])
    #expect(!found.contains { $0.isTruncated })
  }

  @Test("of x86 properties are aligned to eight bytes")
  func eight() {
    let first = note(nameSize: 4, size: 4, type: 5, Array("GNU\u{0}".utf8) + [1, 2, 3, 4, 0, 0, 0, 0])
    let second = note(nameSize: 4, size: 1, type: 6, Array("GNU\u{0}".utf8) + [7])
    #expect(notes(first + second, alignment: 8).map(\.type) == [5, 6])
  }

  @Test("that run beyond the end are cut, and said to be")
  func cut() {
    let found = notes(note(nameSize: 4, size: 100, Array("GNU\u{0}".utf8) + [1, 2, 3]))
    #expect(found.map(\.isTruncated) == [true])
    #expect(found.first?.contents.array == [1, 2, 3])
  }

  @Test(
    "with sizes that make no sense end the list",
    arguments: [(UInt32.max, 0), (0x8000_0000, 4), (5, UInt32.max)] as [(UInt32, UInt32)])
  func nonsense(_ nameSize: UInt32, _ size: UInt32) {
    #expect(notes(note(nameSize: nameSize, size: size, [1, 2, 3, 4])).count <= 1)
  }

  @Test("of no bytes, or of too few for a header, are none", arguments: [0, 1, 11])
  func few(_ count: Int) {
    #expect(notes([UInt8](repeating: 0, count: count)).isEmpty)
  }
}
