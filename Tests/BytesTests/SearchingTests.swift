import Bytes
import Foundation
import TestSupport
import Testing

@Suite("Searching bytes")
struct SearchingTests {
  @Test("finds the first place at an offset or behind it, and none beyond the end")
  func pattern() {
    let bytes = ByteView(Array("a/b/a/b".utf8))
    let wanted = ByteView(Array("/b".utf8))
    #expect(bytes.firstIndex(of: wanted, from: 0) == 1)
    #expect(bytes.firstIndex(of: wanted, from: 1) == 1)
    #expect(bytes.firstIndex(of: wanted, from: 2) == 5)
    #expect(bytes.firstIndex(of: wanted, from: 6) == nil)
    #expect(bytes.firstIndex(of: wanted, from: 7) == nil)
    #expect(bytes.firstIndex(of: wanted, from: 8) == nil)
    #expect(bytes.firstIndex(of: wanted, from: -1) == nil)
    #expect(bytes.firstIndex(of: ByteView([]), from: 0) == nil)
    #expect(ByteView([]).firstIndex(of: wanted, from: 0) == nil)
  }

  @Test("passes over the holes of a file, and over none of other bytes")
  func holes() throws {
    let path = try temporaryDirectory() + "/sparse"
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.seek(toOffset: 64 << 20)
    try file.write(contentsOf: Data("here".utf8))
    try file.truncate(atOffset: 128 << 20)
    try file.close()
    let bytes = ByteView(try MappedFile(path: path))
    let written = WrittenParts(of: bytes)
    let parts = written.parts(of: bytes)
    #expect(parts.contains { $0.contains(64 << 20) && $0.contains((64 << 20) + 3) })
    // A part of the view begins elsewhere in the file.
    let slice = try #require(bytes.slice(32 << 20, 64 << 20))
    #expect(written.parts(of: slice).contains { $0.contains(32 << 20) })
    #expect(written.parts(of: slice).allSatisfy { $0.upperBound <= slice.count })
    let others = ByteView([1, 2, 3])
    #expect(written.parts(of: others) == [0..<3])
    #expect(WrittenParts(of: others).parts(of: others) == [0..<3])
    #expect(WrittenParts(of: ByteView([])).parts(of: ByteView([])).isEmpty)
    // What is mapped is still there when its name is another's.
    try FileManager.default.removeItem(atPath: path)
    #expect(WrittenParts(of: bytes).parts(of: bytes) == [0..<bytes.count])
  }
}
