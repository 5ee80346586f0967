internal import Bytes
internal import Machine
internal import Targets

/// All chunks that lie in caches: freed, though their neighbours say that they are used.
struct CachedChunks {
  /// The addresses of their headers, in order, and for each the list that it is on, by its index.
  private(set) var starts: [UInt64] = []
  private var listIndices: [Int32] = []
  private(set) var lists: [FreeList] = []
  /// Lists that lead to what is none of their chunks.
  private(set) var problems: [HeapProblem] = []
  /// Whether every cache was found and followed to its end: what is in none of them is used.
  private(set) var isComplete = true
  /// Whether links are mangled (glibc 2.32 and later); nil where no list tells.
  private(set) var isMangled: Bool?

  private static let mostChunks = 1 << 21

  init(caches: [ThreadCache], areCachesKnown: Bool, arenas: [Arena], _ links: LinkReader) {
    isComplete = areCachesKnown
    var found: [(start: UInt64, list: Int32)] = []
    func add(_ list: LinkedChunks, of name: FreeList, head: UInt64) {
      let index = Int32(lists.count)
      lists.append(name)
      for chunk in list.chunks.prefix(max(0, Self.mostChunks - found.count)) { found.append((chunk, index)) }
      if found.count >= Self.mostChunks || !list.isComplete { isComplete = false }
      if isMangled == nil { isMangled = list.isMangled }
      if let value = list.brokenValue {
        problems.append(
          HeapProblem(address: list.brokenAt ?? head, reason: .brokenCache(name, value: value), before: nil))
      }
    }
    for cache in caches {
      for bin in cache.bins {
        add(bin.list, of: .threadCache(thread: cache.thread, size: bin.size), head: cache.address)
        if bin.list.chunks.count != bin.count { isComplete = false }
      }
    }
    for arena in arenas {
      for index in 0..<ArenaLayout.fastBinCount {
        let head = arena.address &+ arena.layout.fastBins &+ UInt64(index) &* 8
        guard let first = links.memory.word(at: head) else {
          isComplete = false
          continue
        }
        guard first != 0 else { continue }
        let size = UInt64(index) * 16 + 32
        let list = links.list(.toHeader, from: first, chunkSize: size, atMost: .max)
        add(list, of: .fastBin(size: size), head: head)
      }
    }
    found.sort { ($0.start, $0.list) < ($1.start, $1.list) }
    starts.reserveCapacity(found.count)
    listIndices.reserveCapacity(found.count)
    for (start, list) in found where starts.last != start {
      starts.append(start)
      listIndices.append(list)
    }
  }

  /// The list that the chunk at `start` is on; nil where it is on none.
  func list(of start: UInt64) -> FreeList? {
    index(of: start).map { lists[Int(listIndices[$0])] }
  }

  /// The addresses of those that lie at `address` or above it.
  func starts(from address: UInt64) -> ArraySlice<UInt64> { starts[starts.partitioningIndex { $0 >= address }...] }

  private func index(of start: UInt64) -> Int? {
    let index = starts.partitioningIndex { $0 >= start }
    return index < starts.count && starts[index] == start ? index : nil
  }

  /// How many bytes, and chunks, lie in each of the lists named in ``lists``.
  func countInLists() -> [Int] {
    var counts = [Int](repeating: 0, count: lists.count)
    for index in listIndices { counts[Int(index)] += 1 }
    return counts
  }
}
