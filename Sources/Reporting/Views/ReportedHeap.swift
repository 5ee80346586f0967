internal import Heaps

/// What glibc's malloc keeps account of, as `inquest examine CORE heap` shows it. All sizes are bytes, headers included.
package struct ReportedHeap: Encodable, Sendable {
  /// "glibc"; nil where no heap of its malloc was found.
  package let allocator: String?
  /// Other allocators that the program has: they serve its requests in part or whole.
  package let otherAllocators: [ReportedAllocator]
  package let arenas: [ReportedArena]
  /// Chunks with an mmap(2) of their own.
  package let mapped: ReportedTotal
  /// The largest of them.
  package let largestMapped: [ReportedHeapChunk]
  /// The sizes whose chunks, those that are used, take the most memory.
  package let sizeClasses: [ReportedSizeClass]
  /// Whether all caches of freed chunks were found; otherwise some of the used chunks may be free.
  package let areCachesKnown: Bool
  /// Whether all chunks were gone through.
  package let isWhole: Bool
  /// What contradicts something else in malloc's account.
  package let problems: [ReportedHeapProblem]
  /// Threads that were inside malloc: what they were changing may contradict itself for that moment. Looked for only where
  /// there are problems.
  package let threadsInAllocator: [Int32]
}

/// Another allocator, and the module that it is in.
package struct ReportedAllocator: Encodable, Sendable {
  package let name: String
  package let module: String
}

/// How many chunks, and their bytes.
package struct ReportedTotal: Encodable, Sendable {
  package let chunks: Int
  package let bytes: UInt64

  init(chunks: Int, bytes: UInt64) {
    self.chunks = chunks
    self.bytes = bytes
  }
  init(_ total: ArenaTotals.Total) { self.init(chunks: total.chunks, bytes: total.bytes) }
}

/// One of malloc's arenas.
package struct ReportedArena: Encodable, Sendable {
  /// "main-arena" or "thread-arena".
  package let source: String
  /// The address of its `struct malloc_state`; nil where that was not found.
  package let arena: HexAddress?
  /// How many runs of chunks it has.
  package let extents: Int
  package let used: ReportedTotal
  package let cached: ReportedTotal
  package let free: ReportedTotal
  package let top: UInt64
  /// What it says that it got from the kernel.
  package let systemBytes: UInt64?
}

/// Chunks of one size, or of a range of sizes.
package struct ReportedSizeClass: Encodable, Sendable {
  package let lowest: UInt64
  package let highest: UInt64
  package let chunks: Int
  package let bytes: UInt64
}

/// A word of malloc's account that contradicts another.
package struct ReportedHeapProblem: Encodable, Sendable {
  /// Of the chunk's header, or of the word.
  package let address: HexAddress
  /// What is wrong, in a sentence.
  package let statement: String
  /// Where the words lie that contradict others, and their bytes, in hexadecimal.
  package let place: HexAddress
  package let bytes: String
  /// The chunk right before it.
  package let before: ReportedHeapChunk?
  /// The end of what that chunk holds, and of what was written over what follows, in hexadecimal.
  package let contents: ReportedContents?
}

/// Bytes of memory, and where they lie.
package struct ReportedContents: Encodable, Sendable {
  package let address: HexAddress
  /// In hexadecimal.
  package let bytes: String
  /// What of them is text, if most are.
  package let text: String?
}
