internal import Bytes
internal import Machine

/// What is told of each chunk during a walk.
protocol ChunkVisitor {
  /// - Parameters:
  ///   - chunk: checked against the one before it and the one behind it.
  ///   - isUsed: whether the next chunk's header says that this one is used.
  /// - Returns: whether the walk goes on.
  mutating func visit(_ chunk: ChunkHeader, isUsed: Bool) -> Bool
  /// What is left at the heap's end, or the last chunk where nothing tells of a top.
  mutating func visitTop(_ chunk: ChunkHeader)
}

/// Why a walk over a heap's chunks ended.
enum WalkEnding: Equatable {
  /// Every chunk up to the heap's end was visited.
  case complete
  /// The visitor had enough.
  case stopped
  /// So many headers were read as may be.
  case exhausted
  /// Memory from this address on cannot be read.
  case unreadable(UInt64)
  /// Two marks stand at this address that end a part of the main heap: somebody else moved the break, or malloc went on
  /// elsewhere.
  case interrupted(UInt64)
  /// A header contradicts the others. With the chunk before it, if there is one: whether that is used would be for the
  /// broken header to say.
  case broken(HeapProblem.Reason, at: UInt64, before: ChunkHeader?)
}

/// The chunks of a heap, one behind the other: only their headers are read, in place.
///
/// What holds in every heap that malloc left whole (glibc `malloc/malloc.c`): sizes are multiples of 16 and at least
/// 32, a chunk ends where the next one begins, a free one's size stands at its end as well, no two free ones are
/// neighbours, and the last one is the arena's top.
struct ChunkWalk {
  let extent: HeapExtent
  let memory: any TargetMemory

  /// Walks from the chunk at `start` on, and visits every chunk once the header behind it was seen.
  ///
  /// - Parameter budget: how many more headers may be read.
  func run(from start: UInt64, budget: inout Int, _ visitor: inout some ChunkVisitor) -> WalkEnding {
    let limit = extent.top ?? extent.end
    guard var window = memory.window(containing: start) else { return .unreadable(start) }
    var previous = ChunkHeader(start: start, word: 0)
    var hasPrevious = false
    var position = start
    // Of a thread's arena chunks have the flag while they are used, and lose it in bins.
    let wrongFlags = ChunkHeader.mapped | (extent.isMainArena ? ChunkHeader.elsewhere : 0) | 8
    while position < limit {
      if budget <= 0 { return .exhausted }
      budget -= 1
      guard let word = Self.load(&window, position &+ 8, memory) else { return .unreadable(position) }
      let header = ChunkHeader(start: position, word: word)
      let size = header.size
      func broken(_ reason: HeapProblem.Reason) -> WalkEnding {
        .broken(reason, at: position, before: hasPrevious ? previous : nil)
      }
      if word & wrongFlags != 0 || size < ChunkHeader.minimumSize {
        // The marks at the end of a part of a heap are smaller than any chunk.
        guard let ending = end(at: header) else { return broken(.badSize(word: word)) }
        if hasPrevious { _ = visitor.visit(previous, isUsed: header.isPreviousUsed) }
        return ending
      }
      if size > limit - position { return broken(.sizeBeyondHeap(word: word, left: limit - position)) }
      if word & ChunkHeader.previousUsed == 0 {
        guard hasPrevious else { return broken(.badSize(word: word)) }
        guard let stated = Self.load(&window, position, memory) else { return .unreadable(position) }
        if stated != previous.size { return broken(.previousSize(stated: stated, actual: previous.size)) }
        if previous.word & ChunkHeader.previousUsed == 0 { return broken(.freeNeighbours) }
      }
      if hasPrevious, !visitor.visit(previous, isUsed: word & ChunkHeader.previousUsed != 0) { return .stopped }
      previous = header
      hasPrevious = true
      position &+= size
    }
    return finish(hasPrevious ? previous : nil, &visitor)
  }

  /// The end of the walk at ``HeapExtent/top``, or at the extent's end.
  private func finish(_ previous: ChunkHeader?, _ visitor: inout some ChunkVisitor) -> WalkEnding {
    guard let top = extent.top else {
      if let previous { visitor.visitTop(previous) }
      return .complete
    }
    guard let word = memory.word(at: top &+ 8) else { return .unreadable(top) }
    let header = ChunkHeader(start: top, word: word)
    // A top that has nothing left keeps the size that no chunk has.
    guard header.size >= ChunkHeader.alignment, header.size <= extent.end - top, header.size % 16 == 0,
      word & (ChunkHeader.mapped | 8) == 0, header.isPreviousUsed
    else {
      return .broken(.topSize(word: word), at: top, before: previous)
    }
    if let previous { _ = visitor.visit(previous, isUsed: true) }
    visitor.visitTop(header)
    return .complete
  }

  /// What the header of a mark says; nil where it is none.
  ///
  /// A heap that another one continues ends with a mark of 16 bytes and one of size 0 (or the latter alone); a part of
  /// the main heap with two of 16 bytes (glibc sysmalloc).
  private func end(at header: ChunkHeader) -> WalkEnding? {
    guard header.word & (ChunkHeader.mapped | 8) == 0, header.size <= ChunkHeader.alignment else { return nil }
    let (start, left) = (header.start, extent.end - header.start)
    if !extent.isMainArena {
      if header.size == 0, left == 16 { return .complete }
      guard header.size == 16, left == 32, let last = memory.word(at: start &+ 24) else { return nil }
      return last & ~ChunkHeader.flagBits == 0 ? .complete : nil
    }
    guard header.size == 16, left >= 32, let next = memory.word(at: start &+ 24), next & ~1 == 16 else { return nil }
    return left == 32 && extent.top == nil ? .complete : .interrupted(start)
  }

  @inline(__always)
  private static func load(_ window: inout MemoryWindow, _ address: UInt64, _ memory: any TargetMemory) -> UInt64? {
    if let value = window.load(UInt64.self, at: address) { return value }
    guard let next = memory.window(containing: address) else { return nil }
    window = next
    return next.load(UInt64.self, at: address)
  }
}
