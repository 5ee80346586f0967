internal import Bytes

/// The table by which a dynamic linker finds symbols by name: DT_GNU_HASH, a section of type SHT_GNU_HASH.
///
/// Its layout is told by no standard; glibc's `elf/dl-lookup.c` (`do_lookup_x`) and binutils' `bfd/elflink.c` agree on it:
/// counts, a Bloom filter of 64-bit words, the first symbol of each bucket, and a hash for each symbol, whose lowest
/// bit ends a bucket.
struct GNUHashTable {
  private let bytes: ByteView
  private let bucketCount: UInt32
  private let firstSymbol: UInt32
  private let buckets: Int
  private let chains: Int

  /// nil where the bytes are no such table.
  init?(_ bytes: ByteView) {
    guard let bucketCount = bytes.load(UInt32.self, at: 0), bucketCount > 0,
      let firstSymbol = bytes.load(UInt32.self, at: 4), let filterCount = bytes.load(UInt32.self, at: 8)
    else { return nil }
    let buckets = 16 + Int(filterCount) * 8
    let chains = buckets + Int(bucketCount) * 4
    guard chains <= bytes.count else { return nil }
    (self.bytes, self.bucketCount, self.firstSymbol) = (bytes, bucketCount, firstSymbol)
    (self.buckets, self.chains) = (buckets, chains)
  }

  /// The indices of symbols that may have a name: of all that have it, one is where `isWanted` said so.
  func index(of name: [UInt8], where isWanted: (Int) -> Bool) -> Int? {
    let hash = name.reduce(UInt32(5381)) { $0 &* 33 &+ UInt32($1) }
    guard var index = bytes.load(UInt32.self, at: buckets + Int(hash % bucketCount) * 4), index >= firstSymbol
    else { return nil }
    while let other = bytes.load(UInt32.self, at: chains + Int(index - firstSymbol) * 4) {
      if other | 1 == hash | 1, isWanted(Int(index)) { return Int(index) }
      if other & 1 != 0 || index == .max { return nil }
      index += 1
    }
    return nil
  }
}

extension ELFFile {
  /// The defined symbols of the dynamic linker's table that have these names; of several with one name, one of them.
  ///
  /// Asks the table that dynamic linkers ask; where there is none, looks at one symbol after another.
  public func dynamicSymbols(named names: [String]) -> [String: ELFSymbol] {
    guard let table = symbols(SectionHeader.dynamicSymbols) else { return [:] }
    var result: [String: ELFSymbol] = [:]
    guard let section = sections.first(where: { $0.type == SectionHeader.gnuHash }), !section.isCompressed,
      let hashes = GNUHashTable(contents(of: section))
    else {
      let wanted = Set(names)
      for index in 0..<table.count {
        guard let symbol = table.symbol(at: index), symbol.isDefined, let name = table.name(of: symbol)?.text,
          wanted.contains(name), result[name] == nil
        else { continue }
        result[name] = symbol
      }
      return result
    }
    for name in names {
      let bytes = Array(name.utf8)
      let index = hashes.index(of: bytes) { index in
        guard let symbol = table.symbol(at: index), symbol.isDefined, let found = table.name(of: symbol),
          found.count == bytes.count
        else { return false }
        return found.array == bytes
      }
      if let index { result[name] = table.symbol(at: index) }
    }
    return result
  }
}
