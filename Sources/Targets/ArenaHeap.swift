package import Machine

/// A heap of one of glibc's thread arenas: what `struct _heap_info` at its start says (glibc `malloc/arena.c`).
///
/// glibc reserves them in blocks of ``maximumSize``, aligned to it, and makes as much of each writable as is needed.
package struct ArenaHeap: Sendable, Equatable {
  /// The address of the header, a multiple of ``maximumSize``.
  package let start: UInt64
  /// `ar_ptr`: the address of the arena's `struct malloc_state`, in this heap or in the arena's first.
  package let arena: UInt64
  /// `prev`: the heap that the arena filled before this one; 0 for its first.
  package let previous: UInt64
  /// `size`: how many bytes from ``start`` are in use.
  package let size: UInt64
  /// `mprotect_size`: how many bytes from ``start`` are, or were, writable.
  package let writableSize: UInt64

  /// HEAP_MAX_SIZE, twice DEFAULT_MMAP_THRESHOLD_MAX: 64 MiB where addresses have 64 bits.
  package static let maximumSize: UInt64 = 64 << 20

  /// Where `struct malloc_state` lies behind the header: after four words, and since glibc 2.35, which keeps the
  /// page size as well, after five and padding.
  private static let arenaOffsets: [UInt64] = [48, 32]
  /// The state is larger than 2 KiB in every glibc, and a heap holds at least a page.
  private static let minimumSize: UInt64 = 4096

  /// - Parameters:
  ///   - start: an address in the target.
  ///   - mappingEnd: the end of the mapping that `start` lies in; all that is writable must lie before it.
  /// - Returns: nil where there is no such header, or any word of it contradicts another, or the heap it follows.
  package init?(at start: UInt64, mappingEnd: UInt64, memory: some TargetMemory) {
    guard let heap = ArenaHeap(headerAt: start, memory), heap.writableSize <= mappingEnd - min(start, mappingEnd) else {
      return nil
    }
    if heap.holdsArena {
      guard heap.previous == 0 else { return nil }
    } else {
      // The arena lies in another heap, and the heap before this one belongs to the same.
      guard heap.previous != 0, heap.previous != start,
        let before = ArenaHeap(headerAt: heap.previous, memory), before.arena == heap.arena,
        let first = ArenaHeap(headerAt: heap.arena & ~(Self.maximumSize - 1), memory), first.holdsArena,
        first.arena == heap.arena, first.previous == 0
      else { return nil }
    }
    self = heap
  }

  /// Whether the arena's state lies in this heap: it is the arena's first.
  package var holdsArena: Bool { arena & ~(Self.maximumSize - 1) == start }

  /// The header by itself, where its words make sense.
  private init?(headerAt start: UInt64, _ memory: some TargetMemory) {
    guard start != 0, start % Self.maximumSize == 0, let arena = memory.word(at: start),
      Self.arenaOffsets.contains(arena % Self.maximumSize), let previous = memory.word(at: start + 8),
      previous % Self.maximumSize == 0, let size = memory.word(at: start + 16),
      let writable = memory.word(at: start + 24), size >= Self.minimumSize, size <= writable,
      writable <= Self.maximumSize, size % 4096 == 0, writable % 4096 == 0
    else { return nil }
    self.start = start
    self.arena = arena
    self.previous = previous
    self.size = size
    writableSize = writable
  }
}
