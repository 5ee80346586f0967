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
    let parts = bytes.writtenParts()
    #expect(parts.contains { $0.contains(64 << 20) && $0.contains((64 << 20) + 3) })
    // A part of the view begins elsewhere in the file.
    let slice = try #require(bytes.slice(32 << 20, 64 << 20))
    #expect(slice.writtenParts().contains { $0.contains(32 << 20) })
    #expect(slice.writtenParts().allSatisfy { $0.upperBound <= slice.count })
    #expect(ByteView([1, 2, 3]).writtenParts() == [0..<3])
    #expect(ByteView([]).writtenParts().isEmpty)
  }
}
