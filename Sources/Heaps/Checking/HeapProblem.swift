/// A word of malloc's account that contradicts another.
package struct HeapProblem: Sendable, Equatable {
  /// The address in the target of the chunk's header, or of the word that leads nowhere.
  package let address: UInt64
  /// What is wrong with it.
  package let reason: Reason
  /// The chunk right before the one that is wrong: what ran past its end, most likely, if anything did.
  package let before: HeapChunk?

  package enum Reason: Sendable, Equatable {
    /// A chunk's size word is no multiple of 16, with flags that its arena's chunks never have, or too small.
    case badSize(word: UInt64)
    /// A chunk is said to be larger than what is left of its heap.
    case sizeBeyondHeap(word: UInt64, left: UInt64)
    /// A chunk says that the one before it is free and of another size than that says itself.
    case previousSize(stated: UInt64, actual: UInt64)
    /// Two free chunks stand side by side: malloc would have made them one.
    case freeNeighbours
    /// The size of what is left at the heap's end is none that it can have.
    case topSize(word: UInt64)
    /// A free chunk's neighbours in its list do not lead back to it.
    case brokenLink(forward: UInt64, backward: UInt64)
    /// A list of cached chunks leads to what is none of its chunks.
    case brokenCache(FreeList, value: UInt64)
  }
}
