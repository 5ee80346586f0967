internal import Bytes
internal import Machine
internal import Targets

/// Finds malloc's arenas: by the symbol `main_arena` where a symbol table has it, else by what the states of arenas
/// look like, else from the heaps of threads.
struct ArenaSearch {
  let target: any Target
  let memory: any TargetMemory

  /// The ring of arenas is followed so far: eight for each processor are the most that malloc makes by itself.
  private static let mostArenas = 65_536
  /// How much of the library's data is searched, in bytes, and how many places in it are looked at closely.
  private static let mostSearched: UInt64 = 64 << 20
  private static let mostLookedAt = 256

  init(_ target: any Target) {
    self.target = target
    memory = target.memory
  }

  /// All arenas, the main one first where it is found.
  ///
  /// - Parameters:
  ///   - symbol: where a symbol table has `main_arena`.
  ///   - library: the index in the target's modules of the one with libc.
  func arenas(symbol: UInt64?, library: Int?) -> (main: Arena?, others: [Arena]) {
    var others = arenasOfHeaps()
    var main = symbol.flatMap { Arena(at: $0, memory) }
    if main == nil, let first = others.first {
      main = ring(from: first).first { !isInHeap($0.address) }
    }
    if main == nil, let library, target.modules.indices.contains(library) { main = search(target.modules[library]) }
    if let main {
      let known = Set(others.map(\.address))
      others += ring(from: main).dropFirst().filter { !known.contains($0.address) && isInHeap($0.address) }
    }
    return (main, others)
  }

  /// The arenas of mappings that begin as heaps of thread arenas do.
  private func arenasOfHeaps() -> [Arena] {
    var found: [Arena] = []
    var seen: Set<UInt64> = []
    for mapping in target.mappings where mapping.use == .arena {
      var start = mapping.start
      while start < mapping.end, let heap = ArenaHeap(at: start, mappingEnd: mapping.end, memory: memory) {
        if seen.insert(heap.arena).inserted, let arena = Arena(at: heap.arena, memory) { found.append(arena) }
        start += heap.writableSize
      }
    }
    return found
  }

  /// The arenas from `first` on, by `next`.
  private func ring(from first: Arena) -> [Arena] {
    var found = [first]
    var seen: Set<UInt64> = [first.address]
    while found.count < Self.mostArenas, let last = found.last, seen.insert(last.next).inserted,
      let next = Arena(at: last.next, hasFastChunksField: first.layout.hasFastChunksField, memory)
    {
      found.append(next)
    }
    return found
  }

  private func isInHeap(_ address: UInt64) -> Bool {
    let start = address & ~(ArenaHeap.maximumSize - 1)
    guard let mapping = target.mapping(containing: start) else { return false }
    return ArenaHeap(at: start, mappingEnd: mapping.end, memory: memory)?.arena == address
  }

  /// Looks for a state in the data of the module with libc: an empty bin's two words are the address of the word two
  /// before them, and of 127 bins most are empty.
  private func search(_ module: Module) -> Arena? {
    var left = Self.mostSearched
    var looks = Self.mostLookedAt
    for mapping in target.mappings
    where mapping.start < module.end && mapping.end > module.start
      && mapping.permissions?.isSuperset(of: [.read, .write]) ?? true
    {
      let start = max(mapping.start, module.start)
      let end = min(mapping.end, (module.end &+ 0xfff) & ~0xfff)
      guard end > start, left > 0 else { continue }
      let bytes = memory.readPrefix(start, Int(min(end - start, left)))
      left -= min(left, UInt64(bytes.count))
      var offset = 0
      while offset <= bytes.count - 16, looks > 0 {
        let expected = start &+ UInt64(offset) &- 16
        if bytes.load(UInt64.self, at: offset) == expected, bytes.load(UInt64.self, at: offset + 8) == expected {
          looks -= 1
          if let arena = arena(withEmptyBinAt: start &+ UInt64(offset)) { return arena }
          offset += 16
        } else {
          offset += 8
        }
      }
    }
    return nil
  }

  /// The main arena's state, one of whose empty bins has its pointers at `address`: the first or second that is seen,
  /// as the first bins are full most of the time.
  private func arena(withEmptyBinAt address: UInt64) -> Arena? {
    for index in 0..<ArenaLayout.binCount {
      let firstBin = address &- UInt64(index) &* 16
      // Before the bins stand `top` and `last_remainder`; the ring of arenas leads back to the state's own start.
      for hasField in [true, false] {
        let layout = ArenaLayout(hasFastChunksField: hasField, hasAttachedThreads: true)
        let start = firstBin &- layout.bins
        guard memory.word(at: start &+ layout.next) != nil,
          let arena = Arena(at: start, hasFastChunksField: hasField, memory),
          target.mapping(containing: arena.top) != nil, isRing(arena)
        else { continue }
        return arena
      }
    }
    return nil
  }

  /// Whether the arenas behind `arena` lead back to it.
  private func isRing(_ arena: Arena) -> Bool { ring(from: arena).last?.next == arena.address }
}
