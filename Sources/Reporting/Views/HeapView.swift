internal import Bytes
internal import Diagnosis
internal import Heaps
internal import Machine
internal import Targets

extension Examination {
  /// How many size classes and mapped chunks are shown.
  private static let shownClasses = 16
  private static let shownMapped = 8

  /// Goes through the whole heap.
  package func heapView(progress: (UInt64, UInt64) -> Void) -> ReportedHeap {
    let heap = investigation.heap
    let names = investigation.names
    let check = heap.check(progress: progress)
    let others = OtherAllocator.found(in: investigation.target) { names.addresses(ofSymbols: $0, inModule: $1) }
    let largest = check.mapped.sorted { ($1.size, $0.start) < ($0.size, $1.start) }.prefix(Self.shownMapped)
    return ReportedHeap(
      allocator: heap.isFound ? "glibc" : nil,
      otherAllocators: others.map { ReportedAllocator(name: $0.allocator.rawValue, module: $0.module) },
      arenas: check.arenas.map(arena),
      mapped: ReportedTotal(chunks: check.mapped.count, bytes: check.mapped.reduce(0) { $0 &+ $1.size }),
      largestMapped: largest.map { ReportedHeapChunk($0, holding: $0.userStart) },
      sizeClasses: check.sizes.largest(Self.shownClasses).map {
        ReportedSizeClass(lowest: $0.lowest, highest: $0.highest, chunks: $0.chunks, bytes: $0.bytes)
      },
      areCachesKnown: heap.areCachesKnown, isWhole: check.isWhole, problems: check.problems.map(problem),
      threadsInAllocator: check.problems.isEmpty ? [] : investigation.threadsInAllocator())
  }

  private func arena(_ totals: ArenaTotals) -> ReportedArena {
    let address: UInt64? =
      if case .threadArena(let arena) = totals.source { arena } else { investigation.heap.mainArena }
    return ReportedArena(
      source: totals.source == .mainArena ? "main-arena" : "thread-arena", arena: address.map { HexAddress($0) },
      extents: totals.extents, used: ReportedTotal(totals.used), cached: ReportedTotal(totals.cached),
      free: ReportedTotal(totals.free), top: totals.top, systemBytes: totals.systemMemory)
  }

  private func problem(_ problem: HeapProblem) -> ReportedHeapProblem {
    let memory = investigation.memory
    let contents = problem.before.flatMap { ChunkContents(endOf: $0, memory) }
    return ReportedHeapProblem(
      address: HexAddress(problem.address), statement: problem.statement, place: HexAddress(problem.place),
      bytes: Hexadecimal.text(memory.readPrefix(problem.place, 16).array),
      before: problem.before.map { ReportedHeapChunk($0, holding: $0.userStart) },
      contents: contents.map {
        ReportedContents(address: HexAddress($0.address), bytes: Hexadecimal.text($0.bytes), text: $0.text)
      })
  }
}
