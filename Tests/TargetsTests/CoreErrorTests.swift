import Bytes
import Targets
import TestSupport
import Testing

@Suite("A file that is no core")
struct CoreErrorTests {
  /// A file's bytes, too many to be shown, and why they are refused.
  struct Refusal: CustomTestStringConvertible {
    let bytes: [UInt8]
    let expected: CoreError
    var testDescription: String { "\(expected)" }
  }

  static func changed(_ offset: Int, _ value: UInt16) -> [UInt8] {
    var bytes = CoreWriter.small().bytes()
    bytes[offset] = UInt8(truncatingIfNeeded: value)
    bytes[offset + 1] = UInt8(value >> 8)
    return bytes
  }

  @Test(
    "is refused with the reason",
    arguments: [
      ([], .empty),
      (Array("#!/bin/sh\nexit 0\n".utf8), .notELF),
      ([0x7f], .notELF),
      (Array(CoreWriter.small().bytes().prefix(63)), .headerTruncated(size: 63)),
      (Array(CoreWriter.small().bytes().prefix(64)), .nothingInside),
      (Array(CoreWriter.small().bytes().prefix(64 + 55)), .nothingInside),
      (changed(16, 3), .notACore(type: 3)),
      (changed(18, 40), .unsupportedMachine(40)),
      (changed(4, 0x0101), .unsupportedClass(1)),
      (changed(4, 0x0202), .unsupportedByteOrder(2)),
      (changed(54, 32), .damagedHeader(entrySize: 32)),
    ].map(Refusal.init))
  func refused(_ refusal: Refusal) {
    #expect(throws: refusal.expected) { try open(refusal.bytes) }
  }

  @Test("is refused with the system's reason where it cannot be opened", arguments: [("/nonexistent", 2), ("/", 21)])
  func unreadable(_ path: String, _ number: Int32) {
    #expect(throws: CoreError.unreadable(FileError(path: path, errno: number))) { try CoreTarget(path: path) }
  }

  @Test("says so in words that name what it is")
  func words() {
    #expect(CoreError.notACore(type: 3).description.contains("type 3"))
    #expect(CoreError.headerTruncated(size: 12).description.contains("12 bytes"))
  }

  @Test("with memory and no threads is examined all the same, and that is said first")
  func noThreads() throws {
    var core = CoreWriter()
    core.addMemory(0x1000, [1, 2, 3, 4])
    let target = try open(core)
    #expect(target.threads.isEmpty)
    #expect(target.signal == nil)
    #expect(target.memory.load(UInt32.self, at: 0x1000) == 0x0403_0201)
    #expect(target.shortfalls.first?.what.contains("no NT_PRSTATUS") == true)
  }
}
