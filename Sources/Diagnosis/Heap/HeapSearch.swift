internal import Machine
internal import Targets

/// Looks for the chunk of glibc's malloc that an address lies in, by walking a heap's chunks from its first one.
///
/// What is found holds as far as the heap's own account holds: each header on the way was checked against the one
/// before it, and so was the one behind the chunk.
struct HeapSearch {
  private let target: any Target
  private let memory: any TargetMemory
  /// How many more headers may be read: a heap of a gigabyte can have thirty million chunks.
  private var headersLeft = 1 << 24

  /// Where the first chunk is not at a known place, it is looked for in so many bytes.
  private static let searchedBytes: UInt64 = 16_384
  /// The sizes of the first chunk of nearly every arena, `tcache_perthread_struct`: glibc 2.30 to 2.41, 2.26 to 2.29.
  private static let cacheSizes: Set<UInt64> = [0x290, 0x250]
  /// The sizes of `struct malloc_state`: since glibc 2.26, and before.
  private static let arenaStateSizes: [UInt64] = [2200, 2192]

  init(_ target: any Target) {
    self.target = target
    memory = target.memory
  }

  /// - Parameter address: in the target.
  /// - Returns: nil where it lies in no heap of glibc's, in what malloc keeps for itself, or behind something that
  ///   is no chunk.
  mutating func chunk(containing address: UInt64) -> HeapChunk? {
    guard let mapping = target.mapping(containing: address), !isMusl else { return nil }
    switch mapping.use {
    case .heap: return inMainHeap(mapping, address)
    case .arena: return inArena(mapping, address)
    case .anonymous: return MappedChunks(mapping, memory).chunk(containing: address)
    default: return nil
    }
  }

  /// musl's malloc has other headers, of which some look alike.
  private var isMusl: Bool {
    target.modules.contains { $0.name.hasPrefix("ld-musl") || $0.name.hasPrefix("libc.musl") }
  }

  private mutating func inMainHeap(_ mapping: Mapping, _ address: UInt64) -> HeapChunk? {
    // Where addresses are not random, .bss of the executable and the heap are one mapping.
    let behindExecutable = target.modules.first.map { ($0.end &+ 0xfff) & ~0xfff } ?? 0
    let start = mapping.contains(behindExecutable) ? behindExecutable : mapping.start
    // A static program's thread-local data come before the first chunk.
    return search(address, known: [start], lowest: start, end: mapping.end, source: .mainArena)
  }

  private mutating func inArena(_ mapping: Mapping, _ address: UInt64) -> HeapChunk? {
    let start = address & ~(ArenaHeap.maximumSize - 1)
    guard let heap = ArenaHeap(at: start, mappingEnd: mapping.end, memory: memory) else { return nil }
    let end = start + heap.size
    let source = HeapChunk.Source.threadArena(heap.arena)
    guard heap.holdsArena else {
      let first = start + heap.arena % ArenaHeap.maximumSize
      return search(address, known: [first], lowest: nil, end: end, source: source)
    }
    return search(
      address, known: Self.arenaStateSizes.map { (heap.arena + $0 + 15) & ~15 }, lowest: heap.arena + 1024, end: end,
      source: source)
  }

  /// - Parameters:
  ///   - known: where the first chunk may be expected.
  ///   - lowest: from where on it is looked for otherwise; nil where it cannot be elsewhere.
  private mutating func search(
    _ address: UInt64, known: [UInt64], lowest: UInt64?, end: UInt64, source: HeapChunk.Source
  ) -> HeapChunk? {
    for first in known {
      if case .heap(let chunk) = walk(address, from: first, to: end, source, mayBreak: true) { return chunk }
    }
    guard let lowest, lowest < end else { return nil }
    let last = lowest + min(Self.searchedBytes, end - lowest)
    for first in stride(from: lowest, to: last, by: 16) where !known.contains(first) {
      if case .heap(let chunk) = walk(address, from: first, to: end, source, mayBreak: false) { return chunk }
    }
    return nil
  }

  /// What a walk from a supposed first chunk came to.
  private enum Walk {
    case noHeap
    /// With the chunk that was looked for, where it has one.
    case heap(HeapChunk?)
  }

  /// Walks the chunks that begin at `first`.
  ///
  /// - Parameter mayBreak: whether a chain that begins as heaps do is believed up to where it breaks. All others must
  ///   lead to the heap's very end.
  private mutating func walk(
    _ address: UInt64, from first: UInt64, to end: UInt64, _ source: HeapChunk.Source, mayBreak: Bool
  ) -> Walk {
    var chain = ChunkChain(from: first, to: end, isMainArena: source == .mainArena, memory: memory)
    var isBelieved = false
    var found: HeapChunk?
    var last: ChunkChain.Header?
    while headersLeft > 0, let header = chain.next() {
      headersLeft -= 1
      if let last {
        // Only the header behind a chunk tells whether it is used; and a used one's last word lies in it.
        let isUsed = header.isPreviousUsed
        if found == nil, last.holds(address, reach: isUsed ? 8 : 0) {
          found = HeapChunk(
            start: last.start, size: last.size, source: source, state: isUsed ? .usedOrCached : .free)
        }
      } else {
        isBelieved = mayBreak && Self.cacheSizes.contains(header.size)
      }
      if isBelieved, found != nil { break }
      last = header
    }
    guard isBelieved || chain.isComplete else { return .noHeap }
    if found == nil, let last, last.end == end, last.holds(address, reach: 0) {
      found = HeapChunk(start: last.start, size: last.size, source: source, state: .top)
    }
    return .heap(found)
  }
}

extension ChunkChain.Header {
  /// Whether `address` lies in the chunk, or in the first `reach` bytes behind it. What marks the end of a part of a
  /// heap is smaller than any chunk, and holds nothing.
  fileprivate func holds(_ address: UInt64, reach: UInt64) -> Bool {
    size >= 32 && address >= start && address - start < size + reach
  }
}

extension Investigation {
  /// The chunk of glibc's malloc that `address`, in the target, lies in; nil where none is found.
  public func heapChunk(containing address: UInt64) -> HeapChunk? {
    var search = HeapSearch(target)
    return search.chunk(containing: address)
  }
}
