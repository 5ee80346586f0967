internal import Bytes

/// The characters of a string that a runtime keeps in one object behind a header with their number.
enum StringObject {
  /// Where the characters and their number lie in an object, in bytes from its start.
  private struct Layout {
    let text: Int
    let length: Int
    /// What of the eight bytes at `length` is the number.
    let mask: UInt64
    let endsInZero: Bool
  }

  private static let layouts = [
    // Swift's __StringStorage: isa, reference counts, capacity, count with flags in its top 16 bits (StringStorage.swift).
    Layout(text: 32, length: 24, mask: 0xffff_ffff_ffff, endsInZero: true),
    // CPython's PyASCIIObject: reference count, type, length, hash, state; until 3.11 also wstr (unicodeobject.h).
    Layout(text: 48, length: 16, mask: .max, endsInZero: true),
    Layout(text: 40, length: 16, mask: .max, endsInZero: true),
    // V8's SeqOneByteString without compressed pointers, map, hash, length (src/objects/string.tq); HotSpot's byte[] with
    // compressed class pointers, mark, class, length (arrayOop.hpp).
    Layout(text: 16, length: 12, mask: 0xffff_ffff, endsInZero: false),
  ]

  /// Where the characters of the object at `offset` begin in `bytes`, and how many bytes they are; nil where it is none of
  /// these, or what should be characters is no text.
  static func text(_ bytes: ByteView, at offset: Int) -> (offset: Int, count: Int)? {
    for layout in layouts {
      guard let word = bytes.load(UInt64.self, at: offset + layout.length), case let length = word & layout.mask,
        length >= 4, length <= UInt64(ClueSearch.longestRun)
      else { continue }
      let (start, count) = (offset + layout.text, Int(length))
      guard let first = bytes.load(UInt8.self, at: start), TextRun.isText(first),
        TextRun(bytes, at: start, limit: count).count == count
      else { continue }
      if layout.endsInZero, bytes.load(UInt8.self, at: start + count) != 0 { continue }
      return (start, count)
    }
    return nil
  }
}
