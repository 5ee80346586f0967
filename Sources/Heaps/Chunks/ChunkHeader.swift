/// The two words before what malloc(3) returns (glibc `malloc/malloc.c`, `struct malloc_chunk`): the size of the chunk
/// before it, where that is free, and its own size with three flags in the lowest bits.
package struct ChunkHeader: Sendable, Equatable {
  /// The address of the header in the target.
  package let start: UInt64
  /// `mchunk_size`: the size and the flags.
  package let word: UInt64

  /// PREV_INUSE.
  static let previousUsed: UInt64 = 1
  /// IS_MMAPPED.
  static let mapped: UInt64 = 2
  /// NON_MAIN_ARENA.
  static let elsewhere: UInt64 = 4
  static let flagBits: UInt64 = 7
  /// MALLOC_ALIGNMENT, and the size of a header.
  static let alignment: UInt64 = 16
  /// MINSIZE: the smallest chunk that is handed out.
  static let minimumSize: UInt64 = 32

  @inline(__always)
  init(start: UInt64, word: UInt64) {
    self.start = start
    self.word = word
  }

  /// In bytes, the header included.
  package var size: UInt64 { @inline(__always) get { word & ~Self.flagBits } }
  /// The address of the next chunk's header. Wraps where the size is wild.
  package var end: UInt64 { @inline(__always) get { start &+ size } }
  package var isPreviousUsed: Bool { @inline(__always) get { word & Self.previousUsed != 0 } }

  /// Whether `address` lies in the chunk, or in the first `reach` bytes behind it. What marks the end of a part of a
  /// heap is smaller than any chunk, and holds nothing.
  func holds(_ address: UInt64, reach: UInt64) -> Bool {
    size >= Self.minimumSize && address >= start && address - start < size &+ reach
  }
}
