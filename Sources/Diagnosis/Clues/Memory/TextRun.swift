internal import Bytes

/// A run of bytes in memory that read as text: printable ASCII, line breaks and tabs, and whatever UTF-8 uses beyond
/// ASCII (which is checked only once a text is wanted).
struct TextRun {
  /// How many bytes.
  let count: Int
  /// Whether a zero byte follows: it is a whole C string from where it was looked at.
  let endsInZero: Bool
  /// Whether it goes on beyond what was looked at.
  let isCut: Bool

  /// The run from `offset` on, of which at most `limit` bytes are looked at.
  init(_ bytes: ByteView, at offset: Int, limit: Int) {
    let span = bytes.span
    let end = offset + min(limit, max(0, span.byteCount - offset))
    var position = max(0, offset)
    while position < end {
      let byte = unsafe span.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
      guard Self.isText(byte) else {
        (count, endsInZero, isCut) = (position - offset, byte == 0, false)
        return
      }
      position += 1
    }
    (count, endsInZero, isCut) = (max(0, position - offset), false, position < span.byteCount)
  }

  /// Where the run that holds the byte at `offset` begins, at most `limit` bytes before it.
  static func start(_ bytes: ByteView, before offset: Int, limit: Int) -> Int {
    let span = bytes.span
    guard offset >= 0, offset <= span.byteCount else { return offset }
    let lowest = max(0, offset - limit)
    var position = offset
    while position > lowest {
      let byte = unsafe span.unsafeLoad(fromUncheckedByteOffset: position - 1, as: UInt8.self)
      guard isText(byte) else { break }
      position -= 1
    }
    return position
  }

  /// Whether the byte before `offset` is of a text, too: then what lies there is no text's beginning.
  static func continues(_ bytes: ByteView, at offset: Int) -> Bool {
    bytes.load(UInt8.self, at: offset - 1).map(isText) ?? false
  }

  @inline(__always)
  static func isText(_ byte: UInt8) -> Bool {
    byte >= 0x20 ? byte != 0x7f : byte == 0x0a || byte == 0x09 || byte == 0x0d
  }

  /// Whether the low four bytes of a word are printable: it may be the beginning of a text that lies here.
  @inline(__always)
  static func mayBegin(in word: UInt64) -> Bool {
    let low = UInt32(truncatingIfNeeded: word)
    return isText(UInt8(truncatingIfNeeded: low)) && isText(UInt8(truncatingIfNeeded: low >> 8))
      && isText(UInt8(truncatingIfNeeded: low >> 16)) && isText(UInt8(truncatingIfNeeded: low >> 24))
  }
}
