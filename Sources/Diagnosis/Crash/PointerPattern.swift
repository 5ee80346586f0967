/// What the bytes of a bad pointer look like.
enum PointerPattern: Equatable {
  /// All eight bytes are printable text.
  case text(String)
  /// A value that allocators and sanitizers fill memory with, and what it means.
  case fill(String)

  init?(_ value: UInt64) {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    if let meaning = Self.fills[bytes[1]], Set(bytes[1...6]).count == 1 {
      self = .fill(meaning)
    } else if value & 0xffff_ffff == 0xdead_beef || value >> 32 == 0xdead_beef {
      self = .fill("0xdeadbeef, a mark for memory that is not in use")
    } else if Self.isText(bytes) {
      self = .text(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
    } else {
      return nil
    }
  }

  /// Bytes that memory is filled with. The low byte of a pointer may differ: a field was added.
  private static let fills: [UInt8: String] = [
    0x5a: "0x5a bytes: jemalloc's junk in freed memory", 0xa5: "0xa5 bytes: jemalloc's junk in new memory",
    0xcc: "0xcc bytes: uninitialised memory, or breakpoints", 0xcd: "0xcd bytes: a debug allocator's new memory",
    0xdd: "0xdd bytes: a debug allocator's freed memory", 0xfd: "0xfd bytes: a debug allocator's fence",
    0xbe: "0xbe bytes: AddressSanitizer's new memory", 0xfe: "0xfe bytes: a debug allocator's freed memory",
    0xaa: "0xaa bytes: pattern initialisation (-ftrivial-auto-var-init=pattern), or Zig's undefined",
    0xff: "all bits set: -1",
  ]

  /// At least six printable characters, then nothing but zeros.
  private static func isText(_ bytes: [UInt8]) -> Bool {
    let text = bytes.prefix { $0 >= 0x20 && $0 < 0x7f }
    return text.count >= 6 && bytes[text.count...].allSatisfy { $0 == 0 }
  }

  var description: String {
    switch self {
    case .text(let text): "the text \"\(text)\""
    case .fill(let meaning): meaning
    }
  }

  var meaning: String {
    switch self {
    case .text: "Its bytes are text: a string was written over it, or memory was taken for an object that it is not."
    case .fill: "Its bytes are a fill pattern: it was read from memory that is freed or was never set."
    }
  }
}
