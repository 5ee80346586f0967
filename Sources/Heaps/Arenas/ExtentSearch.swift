internal import Machine
internal import Targets

/// Finds where the chunks of each arena begin and end.
struct ExtentSearch {
  private let target: any Target
  private let memory: any TargetMemory
  private let main: Arena?
  private let others: [Arena]

  /// Where the first chunk is not at a known place, it is looked for in so many bytes.
  private static let searchedBytes: UInt64 = 16_384
  /// The sizes of the first chunk of nearly every arena, `tcache_perthread_struct`: glibc 2.30 to 2.41, 2.26 to 2.29.
  private static let cacheSizes: Set<UInt64> = [0x290, 0x250]
  /// The sizes of `struct malloc_state`: since glibc 2.27, 2.23, and before.
  private static let arenaStateSizes: [UInt64] = [2200, 2192, 2184]
  /// How many headers are read to tell whether chunks begin at a supposed place, in all.
  private static let budget = 1 << 24

  init(_ target: any Target, main: Arena?, others: [Arena]) {
    self.target = target
    memory = target.memory
    self.main = main
    self.others = others
  }

  /// By address, without overlap.
  func extents() -> [HeapExtent] {
    var budget = Self.budget
    var found: [HeapExtent] = []
    for mapping in target.mappings {
      switch mapping.use {
      case .heap: found += mainHeap(mapping, &budget).map { [$0] } ?? []
      case .arena: found += arenaHeaps(mapping, &budget)
      case .anonymous where main.map { mapping.contains($0.top) } ?? false:
        found += mainElsewhere(mapping, &budget).map { [$0] } ?? []
      default: break
      }
    }
    return found
  }

  private func mainHeap(_ mapping: Mapping, _ budget: inout Int) -> HeapExtent? {
    // Where addresses are not random, .bss of the executable and the heap are one mapping.
    let behindExecutable = target.modules.first.map { ($0.end &+ 0xfff) & ~0xfff } ?? 0
    let start = mapping.contains(behindExecutable) ? behindExecutable : mapping.start
    let top = main.flatMap { mapping.contains($0.top) ? $0.top : nil }
    let known = [start] + (top.flatMap { first(upTo: $0, in: mapping) }.map { [max($0, start)] } ?? [])
    return extent(known: known, lowest: start, end: mapping.end, source: .mainArena, top: top, &budget)
  }

  /// Where brk(2) fails, the main arena goes on in memory from mmap(2). Of a static program that the kernel put where
  /// shared objects lie, the heap is far from the executable, and looks so, too.
  private func mainElsewhere(_ mapping: Mapping, _ budget: inout Int) -> HeapExtent? {
    guard let top = main?.top else { return nil }
    let known = [mapping.start] + (first(upTo: top, in: mapping).map { [$0] } ?? [])
    return extent(known: known, lowest: mapping.start, end: mapping.end, source: .mainArena, top: top, &budget)
  }

  /// Where the main arena's first chunk lies if all that it got from the kernel ends with its top.
  private func first(upTo top: UInt64, in mapping: Mapping) -> UInt64? {
    guard let main, let word = memory.word(at: top &+ 8) else { return nil }
    let end = top &+ (word & ~ChunkHeader.flagBits)
    let first = (end &- main.systemMemory &+ 15) & ~15
    return mapping.contains(first) && first < top ? first : nil
  }

  /// A mapping may hold several heaps, one behind the other.
  private func arenaHeaps(_ mapping: Mapping, _ budget: inout Int) -> [HeapExtent] {
    var found: [HeapExtent] = []
    var start = mapping.start
    while start < mapping.end, let heap = ArenaHeap(at: start, mappingEnd: mapping.end, memory: memory) {
      let end = start + heap.size
      let source = HeapChunk.Source.threadArena(heap.arena)
      let arena = others.first { $0.address == heap.arena }
      let top = arena.flatMap { $0.top >= start && $0.top < end ? $0.top : nil }
      let known: [UInt64]
      if heap.holdsArena {
        known = (arena.map { [$0.layout.size] } ?? Self.arenaStateSizes).map { (heap.arena &+ $0 &+ 15) & ~15 }
      } else {
        known = [start + heap.arena % ArenaHeap.maximumSize]
      }
      let lowest = heap.holdsArena && arena == nil ? heap.arena &+ 1024 : nil
      if let extent = extent(known: known, lowest: lowest, end: end, source: source, top: top, &budget) {
        found.append(extent)
      }
      start += heap.writableSize
    }
    return found
  }

  /// - Parameters:
  ///   - known: where the first chunk may be expected.
  ///   - lowest: from where on it is looked for otherwise; nil where it cannot be elsewhere.
  private func extent(
    known: [UInt64], lowest: UInt64?, end: UInt64, source: HeapChunk.Source, top: UInt64?, _ budget: inout Int
  ) -> HeapExtent? {
    for first in known where first % 16 == 0 && first < end {
      let extent = HeapExtent(start: first, end: end, source: source, top: top)
      guard let word = memory.word(at: first &+ 8) else { continue }
      let size = word & ~ChunkHeader.flagBits
      // A chain that begins as heaps do is believed up to where it breaks.
      if Self.cacheSizes.contains(size), word & (ChunkHeader.mapped | 8) == 0, word & ChunkHeader.previousUsed != 0 {
        return extent
      }
      if isChain(extent, &budget) { return extent }
    }
    guard let lowest, lowest < end else { return nil }
    let last = lowest + min(Self.searchedBytes, end - lowest)
    for first in stride(from: (lowest &+ 15) & ~15, to: last, by: 16) where !known.contains(first) {
      let extent = HeapExtent(start: first, end: end, source: source, top: top)
      if isChain(extent, &budget) { return extent }
    }
    return nil
  }

  /// Whether chunks lead from the extent's start to its end, or so far that it can be no chance.
  private func isChain(_ extent: HeapExtent, _ budget: inout Int) -> Bool {
    var counter = ChunkCounter()
    switch ChunkWalk(extent: extent, memory: memory).run(from: extent.start, budget: &budget, &counter) {
    case .complete: return true
    case .stopped, .interrupted: return counter.count > 0
    case .broken: return counter.count >= ChunkCounter.convincing
    case .exhausted, .unreadable: return false
    }
  }

  /// Counts chunks, up to so many that nothing but a heap begins so.
  private struct ChunkCounter: ChunkVisitor {
    static let convincing = 64
    static let most = 4096
    var count = 0

    mutating func visit(_ chunk: ChunkHeader, isUsed: Bool) -> Bool {
      count += 1
      return count < Self.most
    }
    mutating func visitTop(_ chunk: ChunkHeader) { count += 1 }
  }
}
