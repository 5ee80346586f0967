/// Reads values one after another from untrusted bytes. It never reads outside of them.
///
/// A cursor borrows the bytes and cannot outlive them. A read that fails leaves the offset where it was.
public struct Cursor: ~Escapable {
  @usableFromInline let bytes: RawSpan
  /// The offset of the next byte to be read, from the first byte of the span.
  @inlinable public var offset: Int { position }
  @usableFromInline var position: Int

  /// Begins `offset` bytes into `bytes`, or at their end where they are fewer.
  @_lifetime(copy bytes)
  @inlinable
  public init(_ bytes: RawSpan, at offset: Int = 0) {
    self.bytes = bytes
    self.position = Swift.max(0, Swift.min(offset, bytes.byteCount))
  }

  /// The number of bytes not yet read.
  @inlinable public var remaining: Int { bytes.byteCount - offset }
  @inlinable public var isAtEnd: Bool { offset >= bytes.byteCount }

  /// A fixed-width little-endian integer.
  @_lifetime(self: copy self)
  @inlinable @inline(__always)
  public mutating func read<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws(ByteError) -> T {
    guard offset <= bytes.byteCount - MemoryLayout<T>.size else {
      throw .endOfBytes(offset: offset, wanted: MemoryLayout<T>.size)
    }
    defer { position += MemoryLayout<T>.size }
    return unsafe T(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self))
  }

  /// The next byte.
  @_lifetime(self: copy self) @inlinable
  public mutating func u8() throws(ByteError) -> UInt8 { try read(UInt8.self) }
  /// The next two bytes, little-endian.
  @_lifetime(self: copy self) @inlinable
  public mutating func u16() throws(ByteError) -> UInt16 { try read(UInt16.self) }
  /// The next four bytes, little-endian.
  @_lifetime(self: copy self) @inlinable
  public mutating func u32() throws(ByteError) -> UInt32 { try read(UInt32.self) }
  /// The next eight bytes, little-endian.
  @_lifetime(self: copy self) @inlinable
  public mutating func u64() throws(ByteError) -> UInt64 { try read(UInt64.self) }

  /// An unsigned LEB128 number (DWARF 5, section 7.6).
  ///
  /// - Throws: ``ByteError/valueTooLarge(offset:)`` where it does not fit into 64 bits. Padding with zero
  ///   groups, which assemblers emit, is accepted.
  @_lifetime(self: copy self)
  @inlinable
  public mutating func uleb128() throws(ByteError) -> UInt64 {
    let start = offset
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard offset < bytes.byteCount else {
        position = start
        throw .endOfBytes(offset: start, wanted: 1)
      }
      let byte = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt8.self)
      position += 1
      let group = UInt64(byte & 0x7f)
      if shift < 64 {
        if shift == 63 && group > 1 {
          position = start
          throw .valueTooLarge(offset: start)
        }
        result |= group << shift
      } else if group != 0 {
        position = start
        throw .valueTooLarge(offset: start)
      }
      shift += 7
      if byte & 0x80 == 0 { return result }
    }
  }

  /// A signed LEB128 number (DWARF 5, section 7.6). Bits beyond the 64th are dropped.
  @_lifetime(self: copy self)
  @inlinable
  public mutating func sleb128() throws(ByteError) -> Int64 {
    let start = offset
    var result: Int64 = 0
    var shift: Int64 = 0
    while true {
      guard offset < bytes.byteCount else {
        position = start
        throw .endOfBytes(offset: start, wanted: 1)
      }
      let byte = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt8.self)
      position += 1
      if shift < 64 { result |= Int64(byte & 0x7f) << shift }
      shift += 7
      if byte & 0x80 == 0 {
        if shift < 64 && byte & 0x40 != 0 { result |= -1 << shift }
        return result
      }
    }
  }

  /// Moves on by `count` bytes.
  @_lifetime(self: copy self)
  @inlinable
  public mutating func skip(_ count: Int) throws(ByteError) {
    guard count >= 0, count <= remaining else { throw .endOfBytes(offset: offset, wanted: count) }
    position += count
  }

  /// Moves on by a `count` that came from a file.
  @_lifetime(self: copy self)
  @inlinable
  public mutating func skip(_ count: UInt64) throws(ByteError) {
    guard let count = Int(exactly: count) else { throw .valueTooLarge(offset: offset) }
    try skip(count)
  }

  /// Moves to `offset`, from the first byte of the span.
  @_lifetime(self: copy self)
  @inlinable
  public mutating func seek(to offset: Int) throws(ByteError) {
    guard offset >= 0, offset <= bytes.byteCount else { throw .endOfBytes(offset: offset, wanted: 0) }
    position = offset
  }

  /// Reads up to and over the next zero byte.
  ///
  /// - Returns: where the string lies, without its zero byte, as offsets in the span.
  @_lifetime(self: copy self)
  @inlinable
  public mutating func cString() throws(ByteError) -> Range<Int> {
    let start = offset
    var end = offset
    while end < bytes.byteCount {
      if unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: end, as: UInt8.self) == 0 {
        position = end + 1
        return start..<end
      }
      end += 1
    }
    throw .endOfBytes(offset: start, wanted: bytes.byteCount - start + 1)
  }
}

/// Why bytes could not be read. Offsets count from the first byte of the span or view that was read.
public enum ByteError: Error, Equatable {
  /// The bytes end before the `wanted` bytes at `offset`.
  case endOfBytes(offset: Int, wanted: Int)
  /// A number at `offset` does not fit into 64 bits.
  case valueTooLarge(offset: Int)
}
