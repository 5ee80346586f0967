import Bytes
import Testing

@Suite("A cursor over untrusted bytes")
struct CursorTests {
  @Test(
    "reads unsigned LEB128 as DWARF 5, figure 7.5.7 has it",
    arguments: [([2], 2), ([0x7f], 127), ([0x80, 1], 128), ([0x81, 1], 129), ([0xb9, 0x64], 12857)]
      as [([UInt8], UInt64)])
  func unsigned(_ bytes: [UInt8], _ value: UInt64) throws {
    let view = ByteView(bytes)
    var cursor = Cursor(view.span)
    let (read, end) = (try cursor.uleb128(), cursor.offset)
    #expect(read == value)
    #expect(end == bytes.count)
  }

  @Test(
    "reads signed LEB128 as DWARF 5, figure 7.5.8 has it",
    arguments: [
      ([2], 2), ([0x7e], -2), ([0xff, 0], 127), ([0x81, 0x7f], -127), ([0x80, 1], 128), ([0x80, 0x7f], -128),
    ] as [([UInt8], Int64)])
  func signed(_ bytes: [UInt8], _ value: Int64) throws {
    let view = ByteView(bytes)
    var cursor = Cursor(view.span)
    let read = try cursor.sleb128()
    #expect(read == value)
  }

  @Test("refuses a number of more than 64 bits and stays where it was")
  func tooLarge() {
    let view = ByteView([UInt8](repeating: 0xff, count: 10) + [0x7f])
    var cursor = Cursor(view.span)
    var thrown: ByteError?
    do throws(ByteError) { _ = try cursor.uleb128() } catch { thrown = error }
    #expect(thrown == .valueTooLarge(offset: 0))
    let offset = cursor.offset
    #expect(offset == 0)
  }

  @Test("accepts a number padded with zero groups")
  func padded() throws {
    let view = ByteView([0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0])
    var cursor = Cursor(view.span)
    let read = try cursor.uleb128()
    #expect(read == 5)
  }

  @Test("does not read a string that has no end")
  func unterminated() {
    let view = ByteView(Array("abc".utf8))
    var cursor = Cursor(view.span)
    var thrown: ByteError?
    do throws(ByteError) { _ = try cursor.cString() } catch { thrown = error }
    #expect(thrown == .endOfBytes(offset: 0, wanted: 4))
  }
}
