internal import Machine

/// A heap gone through from end to end: what it holds, and the first words of its account that contradict one another.
package struct HeapCheck: Sendable {
  /// By arena, the main one first.
  package internal(set) var arenas: [ArenaTotals] = []
  /// Chunks that are used, by their sizes.
  package internal(set) var sizes = SizeClasses()
  /// Contradictions: at most one of each run of chunks, where walking it came to an end, and those of lists.
  package internal(set) var problems: [HeapProblem] = []
  /// Chunks with an mmap(2) of their own.
  package internal(set) var mapped: [HeapChunk] = []
  /// Whether nothing was left out, for lack of memory in the dump or for being more than may be read.
  package internal(set) var isWhole = true

  /// The most problems that are kept.
  static let mostProblems = 64
}

/// What the heaps of one arena hold. Sizes in bytes, headers included.
package struct ArenaTotals: Sendable, Equatable {
  package let source: HeapChunk.Source
  /// How many runs of chunks it has.
  package var extents = 0
  package var used = Total()
  /// Freed, and in caches.
  package var cached = Total()
  /// Freed, and in bins.
  package var free = Total()
  /// What is left at the ends of heaps.
  package var top: UInt64 = 0
  /// What the arena says that it got from the kernel; nil where its state was not found.
  package var systemMemory: UInt64?
  /// The bytes from the first chunks to the heaps' ends.
  package var span: UInt64 = 0

  /// Chunks of a kind.
  package struct Total: Sendable, Equatable {
    package var chunks = 0
    package var bytes: UInt64 = 0

    @inline(__always)
    mutating func add(_ size: UInt64) {
      chunks &+= 1
      bytes &+= size
    }
  }
}

extension MallocHeap {
  /// Goes through all chunks.
  ///
  /// - Parameters:
  ///   - budget: how many headers may be read.
  ///   - progress: is called with the bytes gone through, of all.
  package func check(budget: Int = 1 << 29, progress: (UInt64, UInt64) -> Void = { _, _ in }) -> HeapCheck {
    var check = HeapCheck()
    var left = budget
    let all = extents.reduce(0 as UInt64) { $0 &+ ($1.end - $1.start) }
    var done: UInt64 = 0
    var index: [HeapChunk.Source: Int] = [:]
    for extent in extents {
      let position: Int
      if let known = index[extent.source] {
        position = known
      } else {
        position = check.arenas.count
        index[extent.source] = position
        var totals = ArenaTotals(source: extent.source)
        totals.systemMemory = arena(of: extent)?.systemMemory
        check.arenas.append(totals)
      }
      // Moved out and back, so that what the walk counts in is held once.
      var counter = ChunkTally(
        totals: check.arenas[position], sizes: check.sizes, memory: memory, arena: arena(of: extent),
        cached: cached.starts(from: extent.start))
      check.sizes = SizeClasses.none
      counter.totals.extents += 1
      counter.totals.span &+= extent.end - extent.start
      let ending = ChunkWalk(extent: extent, memory: memory).run(from: extent.start, budget: &left, &counter)
      check.arenas[position] = counter.totals
      check.sizes = counter.sizes
      check.add(counter.problem)
      switch ending {
      case .complete, .stopped: break
      case .exhausted, .unreadable, .interrupted: check.isWhole = false
      case .broken(let reason, let address, let before):
        check.isWhole = false
        check.add(
          HeapProblem(
            address: address, reason: reason,
            before: before.map { described($0, isUsed: !isLinked($0), extent) }))
      }
      done &+= extent.end - extent.start
      progress(done, all)
    }
    for problem in cached.problems { check.add(problem) }
    check.mapped = mappedChunks()
    check.arenas.sort { $0.source == .mainArena && $1.source != .mainArena }
    return check
  }

  /// Whether a chunk's words link it to others that link back, as those of free chunks in bins do.
  private func isLinked(_ chunk: ChunkHeader) -> Bool {
    guard let forward = memory.word(at: chunk.start &+ 16), let backward = memory.word(at: chunk.start &+ 24) else {
      return false
    }
    return memory.word(at: forward &+ 24) == chunk.start && memory.word(at: backward &+ 16) == chunk.start
  }

  func arena(of extent: HeapExtent) -> Arena? {
    let address: UInt64? = if case .threadArena(let arena) = extent.source { arena } else { mainArena }
    return arenas.first { $0.address == address }
  }
}

extension HeapCheck {
  fileprivate mutating func add(_ problem: HeapProblem?) {
    if let problem, problems.count < Self.mostProblems { problems.append(problem) }
  }
}

/// Counts the chunks of one extent.
private struct ChunkTally: ChunkVisitor {
  var totals: ArenaTotals
  var sizes: SizeClasses
  let memory: any TargetMemory
  let arena: Arena?
  /// The chunks that lie in caches, from the extent's first on.
  var cached: ArraySlice<UInt64>
  var nextCached: UInt64
  /// The first free chunk whose neighbours in its list do not lead back to it.
  var problem: HeapProblem?

  init(totals: ArenaTotals, sizes: SizeClasses, memory: any TargetMemory, arena: Arena?, cached: ArraySlice<UInt64>) {
    self.totals = totals
    self.sizes = sizes
    self.memory = memory
    self.arena = arena
    self.cached = cached
    nextCached = cached.first ?? .max
  }

  @inline(__always)
  mutating func visit(_ chunk: ChunkHeader, isUsed: Bool) -> Bool {
    if !isUsed {
      totals.free.add(chunk.size)
      if problem == nil { checkLinks(chunk) }
    } else if chunk.start < nextCached {
      totals.used.add(chunk.size)
      sizes.add(chunk.size)
    } else {
      visitCached(chunk)
    }
    return true
  }

  private mutating func visitCached(_ chunk: ChunkHeader) {
    // A list may hold what is no chunk's start: it is passed by.
    while nextCached < chunk.start {
      cached = cached.dropFirst()
      nextCached = cached.first ?? .max
    }
    if nextCached == chunk.start {
      totals.cached.add(chunk.size)
    } else {
      totals.used.add(chunk.size)
      sizes.add(chunk.size)
    }
  }

  mutating func visitTop(_ chunk: ChunkHeader) { totals.top &+= chunk.size }

  private mutating func checkLinks(_ chunk: ChunkHeader) {
    guard arena != nil, let forward = memory.word(at: chunk.start &+ 16),
      let backward = memory.word(at: chunk.start &+ 24)
    else { return }
    // What another thread was about to put into its list has no neighbours yet: only words that lead elsewhere count.
    guard memory.word(at: forward &+ 24) != chunk.start || memory.word(at: backward &+ 16) != chunk.start else {
      return
    }
    problem = HeapProblem(
      address: chunk.start, reason: .brokenLink(forward: forward, backward: backward), before: nil)
  }
}
