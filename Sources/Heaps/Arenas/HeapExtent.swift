/// A run of the target's memory in which chunks lie one behind the other: the heap of brk(2), or one heap of a thread
/// arena.
package struct HeapExtent: Sendable, Equatable {
  /// The address of the first chunk's header.
  package let start: UInt64
  /// The address behind the last byte.
  package let end: UInt64
  /// Of which arena it is.
  package let source: HeapChunk.Source
  /// The address of the arena's last chunk where it lies in this extent; nil where the arena goes on elsewhere, or its
  /// state was not found.
  package let top: UInt64?

  /// Whether the target's `address` lies in it.
  package func contains(_ address: UInt64) -> Bool { address >= start && address < end }
  var isMainArena: Bool { source == .mainArena }
}
