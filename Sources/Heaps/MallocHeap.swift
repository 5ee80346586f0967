internal import Bytes
internal import Machine
package import Targets

/// The account that glibc's malloc keeps of a target's heap: arenas, their heaps, chunks, and the lists of free ones.
///
/// All of it is read from the target's memory and believed only as far as its words agree with one another. Not for use
/// by two threads at once.
package final class MallocHeap {
  private let target: any Target
  let memory: any TargetMemory
  /// The arenas whose states were found, the main one first.
  package let arenas: [Arena]
  /// The runs of chunks, by address.
  package let extents: [HeapExtent]
  /// The address of the main arena's state; nil where it was not found.
  package let mainArena: UInt64?
  /// Whether libc is one whose malloc has other headers, of which some look alike.
  private let isMusl: Bool
  let cached: CachedChunks
  let threadCaches: [ThreadCache]
  /// For each extent where walks may begin: the addresses of chunks, about a MiB apart, that walks came by.
  private var waypoints: [[UInt64]]

  /// How many headers one question may read: a heap of a gigabyte can have thirty million chunks.
  static let budget = 1 << 26
  private static let waypointDistance: UInt64 = 1 << 20

  /// - Parameters:
  ///   - target: what is examined.
  ///   - library: the index in its modules of the one with libc.
  ///   - mainArena: the address in the target that a symbol table gives `main_arena`.
  package init(_ target: any Target, library: Int?, mainArena symbol: UInt64?) {
    self.target = target
    memory = target.memory
    isMusl = target.modules.contains { OtherAllocator.musl.isLibrary($0) }
    guard !isMusl else {
      (arenas, extents, mainArena, threadCaches, waypoints) = ([], [], nil, [], [])
      cached = CachedChunks(
        caches: [], areCachesKnown: false, arenas: [], LinkReader(memory: target.memory, extents: []))
      return
    }
    let found = ArenaSearch(target).arenas(symbol: symbol, library: library)
    arenas = (found.main.map { [$0] } ?? []) + found.others
    mainArena = found.main?.address
    extents = ExtentSearch(target, main: found.main, others: found.others).extents()
    waypoints = Array(repeating: [], count: extents.count)
    let links = LinkReader(memory: target.memory, extents: extents)
    // Before 2.27 a libc may have no such caches, unless one lies where they lie: in the first chunk of a heap.
    let mayHaveNone =
      found.main.map { !$0.layout.hasFastChunksField } ?? false
      && !extents.contains { ThreadCache(at: $0.start &+ 16, thread: nil, links) != nil }
    var caches = ThreadCacheSearch(target: target, links: links).run(mayHaveNone: mayHaveNone)
    for extent in extents where !caches.caches.contains(where: { $0.address == extent.start &+ 16 }) {
      // Nearly every arena begins with the cache of the thread that it was made for, whoever has it now.
      guard !caches.isComplete, let cache = ThreadCache(at: extent.start &+ 16, thread: nil, links) else { continue }
      caches.caches.append(cache)
    }
    threadCaches = caches.caches
    cached = CachedChunks(caches: caches.caches, areCachesKnown: caches.isComplete, arenas: arenas, links)
  }

  /// Whether glibc's malloc was found at all.
  package var isFound: Bool { !extents.isEmpty }
  /// Whether all caches of freed chunks were found, so that what is in none of them is used.
  package var areCachesKnown: Bool { cached.isComplete }

  /// The chunk that `address`, in the target, lies in.
  ///
  /// - Returns: nil where it lies in no heap of glibc's, in what malloc keeps for itself, or behind something that is no
  ///   chunk.
  package func chunk(containing address: UInt64) -> HeapChunk? {
    guard !isMusl else { return nil }
    let index = extents.partitioningIndex { $0.end > address }
    if index < extents.count, extents[index].contains(address) { return chunk(containing: address, inExtent: index) }
    guard let mapping = target.mapping(containing: address), mapping.use == .anonymous else { return nil }
    return MappedChunks(mapping, memory).chunk(containing: address)
  }

  private func chunk(containing address: UInt64, inExtent index: Int) -> HeapChunk? {
    let extent = extents[index]
    guard address >= extent.start else { return nil }
    let passed = waypoints[index]
    let next = passed.partitioningIndex { $0 > address }
    var finder = ChunkFinder(address: address, lastWaypoint: passed.last ?? extent.start)
    var budget = Self.budget
    let walk = ChunkWalk(extent: extent, memory: memory)
    let ending = walk.run(from: next > 0 ? passed[next - 1] : extent.start, budget: &budget, &finder)
    waypoints[index] += finder.waypoints
    if let header = finder.found { return described(header, isUsed: finder.isUsed, extent) }
    if case .complete = ending, let top = finder.top, top.holds(address, reach: 0) {
      return HeapChunk(
        start: top.start, size: top.size, source: extent.source,
        state: extent.top == nil && top.end != extent.end ? .usedOrCached : .top)
    }
    return nil
  }

  /// The word that malloc writes into the second word of chunks in tcaches (`tcache_key`, random, since glibc 2.34;
  /// before, since 2.29, the cache's address), and the address, as malloc returned it, of a chunk that has it.
  package var keyWithChunk: (key: UInt64, chunk: UInt64)? {
    var found: (key: UInt64, chunk: UInt64)?
    for chunk in threadCaches.lazy.flatMap(\.bins).flatMap(\.list.chunks).prefix(64) {
      guard let word = memory.word(at: chunk &+ 24), word != 0 else { continue }
      // Two that agree: a single one may have been written over.
      if let found, found.key == word { return found }
      if found == nil { found = (word, chunk &+ 16) }
    }
    return nil
  }

  /// See ``keyWithChunk``.
  package var cacheKey: UInt64? { keyWithChunk?.key }

  /// The list whose head `address` is: what malloc writes into the words of free chunks at the ends of lists.
  package func bin(at address: UInt64) -> FreeList? {
    arenas.lazy.compactMap { $0.bin(at: address) }.first.map(Arena.list(ofBin:))
  }

  /// Chunks with an mmap(2) of their own, by address.
  func mappedChunks() -> [HeapChunk] {
    guard !isMusl else { return [] }
    var found: [HeapChunk] = []
    for mapping in target.mappings where mapping.use == .anonymous && !extents.contains(address: mapping.start) {
      found += MappedChunks(mapping, memory).all(atMost: MappedChunks.maximumCount - found.count)
    }
    return found
  }

  /// A chunk whose header, and that behind it, a walk has checked.
  func described(_ header: ChunkHeader, isUsed: Bool, _ extent: HeapExtent) -> HeapChunk {
    var state = HeapChunk.State.free
    var list: FreeList?
    if isUsed {
      list = cached.list(of: header.start)
      state = list != nil ? .cached : cached.isComplete ? .used : .usedOrCached
    } else {
      list = bin(holding: header, extent)
    }
    return HeapChunk(start: header.start, size: header.size, source: extent.source, state: state, list: list)
  }

  /// The bin that a free chunk is in, found by following its links; nil where they lead to none.
  private func bin(holding header: ChunkHeader, _ extent: HeapExtent) -> FreeList? {
    guard let arena = arena(of: extent) else { return nil }
    var chunk = header.start
    for _ in 0..<65_536 {
      guard let next = memory.word(at: chunk &+ 16), next != header.start else { return nil }
      if let number = arena.bin(at: next) { return Arena.list(ofBin: number) }
      chunk = next
    }
    return nil
  }

  /// Looks for the chunk that an address lies in.
  private struct ChunkFinder: ChunkVisitor {
    let address: UInt64
    var lastWaypoint: UInt64
    var waypoints: [UInt64] = []
    var found: ChunkHeader?
    var isUsed = false
    var top: ChunkHeader?

    init(address: UInt64, lastWaypoint: UInt64) {
      self.address = address
      self.lastWaypoint = lastWaypoint
    }

    @inline(__always)
    mutating func visit(_ chunk: ChunkHeader, isUsed: Bool) -> Bool {
      // A used one's last word lies in the header behind it.
      if chunk.holds(address, reach: isUsed ? 8 : 0) {
        (found, self.isUsed) = (chunk, isUsed)
        return false
      }
      if isUsed, chunk.start > lastWaypoint, chunk.start - lastWaypoint >= MallocHeap.waypointDistance {
        waypoints.append(chunk.start)
        lastWaypoint = chunk.start
      }
      return chunk.start <= address
    }

    mutating func visitTop(_ chunk: ChunkHeader) { top = chunk }
  }
}
