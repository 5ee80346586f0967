internal import Bytes
package import ELF
package import Machine
internal import Targets

/// The dynamic symbols of a module, found by its dynamic section in the target's memory: for modules whose file is lost
/// (gABI chapter 5, "Dynamic Section").
package struct DynamicSymbols: Sendable {
  private let memory: any TargetMemory
  private let bias: UInt64
  private let highest: UInt64
  private let section: DynamicSection

  /// - Parameters:
  ///   - image: the module's headers.
  ///   - bias: what was added to the linker's addresses; the dynamic linker has added it to the pointers in
  ///     the section too, unless the section is read-only.
  /// - Returns: nil where there is no dynamic section, or it was not dumped.
  package init?(_ image: ELFFile, bias: UInt64, _ memory: any TargetMemory) {
    self.memory = memory
    self.bias = bias
    let segments = image.segments
    guard let dynamic = segments.first(where: { $0.type == ProgramHeader.dynamic }) else { return nil }
    highest = segments.filter { $0.type == ProgramHeader.load }.map { $0.address &+ $0.memorySize }.max() ?? 0
    section = DynamicSection(at: bias &+ dynamic.address, size: dynamic.memorySize, memory: memory)
    guard !section.isEmpty else { return nil }
  }

  /// DT_SYMTAB with DT_STRTAB. How many symbols there are is what DT_HASH states, or what the chains of
  /// DT_GNU_HASH lead to. Tables are read as far as the dump holds them.
  package var table: SymbolTable? {
    guard let symbols = pointer(DynamicSection.symbols), let strings = pointer(DynamicSection.strings),
      let count = symbolCount, count > 1,
      count < UInt64(Self.mostBytes / SymbolTable.entrySize)
    else { return nil }
    let size = Int(clamping: min(section[DynamicSection.stringsSize] ?? 0, UInt64(Self.mostBytes)))
    return SymbolTable(
      entries: memory.readPrefix(symbols, Int(count) * SymbolTable.entrySize),
      strings: memory.readPrefix(strings, size))
  }

  /// No table of dynamic symbols, nor of their names, is larger: 256 MiB.
  private static let mostBytes = 256 << 20
  /// No hash table has more buckets, or a longer chain.
  private static let mostHashed: UInt32 = 1 << 23

  private var symbolCount: UInt64? {
    if let hash = pointer(DynamicSection.hash), let chains = load(UInt32.self, hash, 4) { return UInt64(chains) }
    guard let hash = pointer(DynamicSection.gnuHash), let bucketCount = load(UInt32.self, hash, 0),
      let firstHashed = load(UInt32.self, hash, 4), let bloomWords = load(UInt32.self, hash, 8)
    else { return nil }
    let buckets = 16 + 8 * UInt64(bloomWords)
    let chains = buckets + 4 * UInt64(bucketCount)
    var last: UInt32 = 0
    var bucket: UInt64 = 0
    while bucket < UInt64(min(bucketCount, Self.mostHashed)), let start = load(UInt32.self, hash, buckets + 4 * bucket)
    {
      last = max(last, start)
      bucket += 1
    }
    guard last >= firstHashed else { return UInt64(firstHashed) }
    // The chain of the highest bucket ends with the last symbol.
    for _ in 0..<Self.mostHashed {
      guard let value = load(UInt32.self, hash, chains + 4 * UInt64(last - firstHashed)) else { return nil }
      if value & 1 != 0 { return UInt64(last) + 1 }
      guard last < UInt32.max else { return nil }
      last += 1
    }
    return nil
  }

  private func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ base: UInt64, _ offset: UInt64) -> T? {
    memory.load(type, at: base &+ offset)
  }

  /// The address in the target of what the entry `tag` points to.
  private func pointer(_ tag: UInt64) -> UInt64? {
    guard let value = section[tag] else { return nil }
    return value < highest && value < bias ? value &+ bias : value
  }
}
