internal import Bytes

/// A cursor over a section of call frame information, whose errors are ``CallFrameError``.
///
/// Offsets count from the first byte of the section.
struct CallFrameReader: ~Escapable {
  private var cursor: Cursor
  let bases: PointerBases

  /// Reads `range` of `section`, which lies within it.
  @_lifetime(borrow section)
  init(_ section: borrowing CallFrameSection, _ range: Range<Int>) {
    let span = section.bytes.span.extracting(0..<range.upperBound)
    cursor = unsafe _overrideLifetime(Cursor(span, at: range.lowerBound), borrowing: section)
    bases = section.bases
  }

  var offset: Int { cursor.offset }
  var isAtEnd: Bool { cursor.isAtEnd }

  @_lifetime(self: copy self)
  mutating func u8() throws(CallFrameError) -> UInt8 {
    do { return try cursor.u8() } catch { throw .bytes(error) }
  }

  /// An unsigned integer of 2, 4 or 8 bytes.
  @_lifetime(self: copy self)
  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws(CallFrameError) -> T {
    do { return try cursor.read(type) } catch { throw .bytes(error) }
  }

  @_lifetime(self: copy self)
  mutating func uleb128() throws(CallFrameError) -> UInt64 {
    do { return try cursor.uleb128() } catch { throw .bytes(error) }
  }

  @_lifetime(self: copy self)
  mutating func sleb128() throws(CallFrameError) -> Int64 {
    do { return try cursor.sleb128() } catch { throw .bytes(error) }
  }

  /// Where the zero-terminated string here lies, without its zero byte.
  @_lifetime(self: copy self)
  mutating func string() throws(CallFrameError) -> Range<Int> {
    do { return try cursor.cString() } catch { throw .bytes(error) }
  }

  @_lifetime(self: copy self)
  mutating func skip(_ count: UInt64) throws(CallFrameError) {
    do { try cursor.skip(count) } catch { throw .bytes(error) }
  }

  @_lifetime(self: copy self)
  mutating func seek(to offset: Int) throws(CallFrameError) {
    do { try cursor.seek(to: offset) } catch { throw .bytes(error) }
  }

  /// An expression: its length, then its bytes, which are not read.
  @_lifetime(self: copy self)
  mutating func expression() throws(CallFrameError) -> ExpressionLocation {
    let length = try uleb128()
    let start = offset
    try skip(length)
    guard let location = ExpressionLocation(offset: UInt32(exactly: start), count: UInt32(exactly: length)) else {
      throw .overflow(offset: start)
    }
    return location
  }

  /// An encoded pointer, relative ones resolved. An indirect one is given as the address of the pointer.
  ///
  /// - Throws: ``CallFrameError/pointerEncoding(_:offset:)`` for unknown encodings and DW_EH_PE_omit.
  @_lifetime(self: copy self)
  mutating func pointer(_ encoding: PointerEncoding) throws(CallFrameError) -> UInt64 {
    let start = offset
    switch encoding.application {
    case 0x00: return try value(encoding)
    case 0x10: return try value(encoding) &+ bases.section &+ UInt64(start)
    case 0x20: return try value(encoding) &+ bases.text
    case 0x30: return try value(encoding) &+ bases.data
    case 0x50:
      // DW_EH_PE_aligned: an absolute address at the next multiple of its size.
      try skip((8 &- (bases.section &+ UInt64(start)) % 8) % 8)
      return try value(.absolute)
    // DW_EH_PE_funcrel makes sense in language-specific data only.
    default: throw .pointerEncoding(encoding.rawValue, offset: start)
    }
  }

  @_lifetime(self: copy self)
  private mutating func value(_ encoding: PointerEncoding) throws(CallFrameError) -> UInt64 {
    switch encoding.format {
    case 0x00, 0x04, 0x08, 0x0c: try integer(UInt64.self)
    case 0x01: try uleb128()
    case 0x02: UInt64(try integer(UInt16.self))
    case 0x03: UInt64(try integer(UInt32.self))
    case 0x09: UInt64(bitPattern: try sleb128())
    case 0x0a: UInt64(bitPattern: Int64(try integer(Int16.self)))
    case 0x0b: UInt64(bitPattern: Int64(try integer(Int32.self)))
    default: throw .pointerEncoding(encoding.rawValue, offset: offset)
    }
  }
}
