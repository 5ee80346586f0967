internal import Machine

/// The chunks of a heap, one behind the other, each checked against the one before it.
///
/// A chunk's header is two words (glibc `malloc/malloc.c`): the size of the chunk before it, where that is free, and its
/// own size with three flags in the lowest bits.
struct ChunkChain {
  /// A chunk's header, and where it lies.
  struct Header {
    let start: UInt64
    let size: UInt64
    let flags: UInt64
    /// PREV_INUSE.
    var isPreviousUsed: Bool { flags & 1 != 0 }
    var end: UInt64 { start + size }
  }

  /// IS_MMAPPED: no part of a chain.
  private static let isMapped: UInt64 = 2
  /// NON_MAIN_ARENA.
  private static let isElsewhere: UInt64 = 4
  /// MALLOC_ALIGNMENT, and the size of what marks the end of a part of a heap.
  private static let alignment: UInt64 = 16

  private let memory: any TargetMemory
  private var window: MemoryWindow?
  /// The address after the heap's last byte.
  private let end: UInt64
  private let isMainArena: Bool
  private(set) var position: UInt64
  private(set) var previous: Header?
  /// Whether the last chunk ended where the heap does.
  private(set) var isComplete = false

  init(from start: UInt64, to end: UInt64, isMainArena: Bool, memory: any TargetMemory) {
    position = start
    self.end = end
    self.isMainArena = isMainArena
    self.memory = memory
    window = memory.window(containing: start)
  }

  /// The next chunk's header; nil at the heap's end, and where what is there cannot be one.
  mutating func next() -> Header? {
    guard !isComplete, position <= end, end - position >= HeapChunk.headerSize, position % Self.alignment == 0,
      let previousSize = word(at: position), let stated = word(at: position + 8)
    else { return nil }
    let header = Header(start: position, size: stated & ~7, flags: stated & 7)
    if header.size == 0, !isMainArena, end - position == Self.alignment, header.isPreviousUsed {
      // The last word of a heap that another one continues.
      isComplete = true
      return nil
    }
    guard header.size >= Self.alignment, header.size % Self.alignment == 0, header.size <= end - position,
      header.flags & Self.isMapped == 0, !isMainArena || header.flags & Self.isElsewhere == 0
    else { return nil }
    if !header.isPreviousUsed {
      // Free chunks lie between used ones: two of them would be one.
      guard let previous, previous.size == previousSize, previous.isPreviousUsed else { return nil }
    }
    previous = header
    position = header.end
    isComplete = position == end
    return header
  }

  private mutating func word(at address: UInt64) -> UInt64? {
    if let value = window?.load(UInt64.self, at: address) { return value }
    window = memory.window(containing: address)
    return memory.word(at: address)
  }
}
