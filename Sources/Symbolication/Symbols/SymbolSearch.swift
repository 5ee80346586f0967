package import Bytes
package import ELF

/// Finds the best symbol for each of many addresses in one pass over a symbol table: no index of all
/// symbols is ever made, so that the cost of a look-up is that of reading the table once.
///
/// Addresses are the linker's.
package struct SymbolSearch {
  /// A symbol that was found for an address.
  package struct Match: Sendable {
    /// The symbol's address as the linker stated it.
    package let value: UInt64
    /// 0 where the symbol states no size: the address may lie beyond its true end.
    package let size: UInt64
    /// Which of the tables that were searched holds it, counted from 0.
    package let table: Int
    package let nameOffset: UInt32
    /// st_shndx: the section that holds it.
    package let section: UInt16
    fileprivate let info: UInt8
    /// Whether it is code: STT_FUNC or STT_GNU_IFUNC.
    package var isFunction: Bool { SymbolSearch.typeRank(info) == 3 }
  }

  /// Sorted, without duplicates.
  private let addresses: [UInt64]
  private let buckets: AddressBuckets
  /// For each address the best of the symbols whose extent contains it.
  private var containing: [Match?]
  /// At each index, the symbol that starts nearest before that address, of those that start after the
  /// address before it. What an address has before it is the last one up to its index.
  private var nearest: [Match?]
  private var strings: [ByteView] = []
  /// How many more pairs of symbol and address are looked at: tables made to overlap end here.
  private var pairs = 50_000_000

  /// - Parameter addresses: sorted, without duplicates.
  package init(_ addresses: [UInt64]) {
    self.addresses = addresses
    buckets = AddressBuckets(addresses)
    containing = Array(repeating: nil, count: addresses.count)
    nearest = containing
  }

  /// Reads all symbols of `table`. Where symbols of two tables are equally good, the earlier table wins.
  package mutating func scan(_ table: SymbolTable) {
    let number = strings.count
    strings.append(table.strings)
    guard let last = addresses.last else { return }
    let span = table.entries.span
    let end = table.count * SymbolTable.entrySize
    var at = 0
    while at < end {
      defer { at += SymbolTable.entrySize }
      let info = unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: at + 4, as: UInt8.self)
      guard Self.typeRank(info) != 0 else { continue }
      let section = unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: at + 6, as: UInt16.self)
      // SHN_UNDEF, SHN_ABS, SHN_COMMON.
      guard section != 0, section != 0xfff1, section != 0xfff2 else { continue }
      let value = unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: at + 8, as: UInt64.self)
      guard value <= last else { continue }
      let size = unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: at + 16, as: UInt64.self)
      var index = buckets.firstIndex(notBelow: value, in: addresses)
      let name = unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt32.self)
      let match = Match(value: value, size: size, table: number, nameOffset: name, section: section, info: info)
      if isNearer(match, than: nearest[index]) { nearest[index] = match }
      let (sum, overflow) = value.addingReportingOverflow(size)
      let limit = overflow ? UInt64.max : sum
      while index < addresses.count, addresses[index] < limit, pairs > 0 {
        if isBetter(match, than: containing[index]) { containing[index] = match }
        pairs -= 1
        index += 1
      }
    }
  }

  /// The best symbol of each address, in their order; nil where there is none.
  ///
  /// - Parameter sections: those of the file, to keep a symbol without a size from reaching beyond its own.
  package func matches(sections: [SectionHeader]) -> [Match?] {
    var before: Match?
    return addresses.indices.map { index in
      // A symbol that starts later is nearer, whatever its kind.
      if let candidate = nearest[index] { before = candidate }
      if let match = containing[index] { return match }
      guard let before, before.size == 0, Int(before.section) < sections.count else { return nil }
      let section = sections[Int(before.section)]
      guard section.isExecutable, addresses[index] >= section.address,
        addresses[index] - section.address < section.fileSize
      else { return nil }
      return before
    }
  }

  /// The bytes of the symbol's name; nil where it lies outside of its table's strings.
  package func name(of match: Match) -> ByteView? {
    strings[match.table].cString(at: Int(match.nameOffset))
  }

  /// 3 for code, 2 for what has no type (hand-written assembly), 1 for data, 0 for what is no place in memory:
  /// sections, files, thread-local variables.
  @inline(__always)
  private static func typeRank(_ info: UInt8) -> UInt8 {
    switch info & 0xf {
    case 2, 10: 3
    case 0: 2
    case 1: 1
    default: 0
    }
  }

  /// Whether a reader would rather see `a` as the name of an address that both contain: code before data,
  /// then the nearer start.
  private func isBetter(_ a: Match, than current: Match?) -> Bool {
    guard let b = current else { return !isMarker(a) }
    let (rankA, rankB) = (Self.typeRank(a.info), Self.typeRank(b.info))
    if rankA != rankB { return rankA > rankB && !isMarker(a) }
    return isNearer(a, than: b)
  }

  /// Whether `a` starts later; where both start together, whether a reader would rather see it: with a size
  /// before without, a name that other modules can see before a local one, one without leading underscores
  /// (`write`, not `__write`), global before weak.
  private func isNearer(_ a: Match, than current: Match?) -> Bool {
    guard let b = current else { return !isMarker(a) }
    guard a.value == b.value else { return a.value > b.value && !isMarker(a) }
    func order(_ match: Match) -> (UInt8, UInt8, UInt8, Int, UInt8) {
      let binding = match.info >> 4
      return (
        match.size == 0 ? 0 : 1, Self.typeRank(match.info), binding == 0 ? 0 : 1, -leadingUnderscores(match),
        binding == 1 ? 2 : binding == 2 ? 1 : 0
      )
    }
    return order(a) > order(b) && !isMarker(a)
  }

  private func leadingUnderscores(_ match: Match) -> Int {
    let names = strings[match.table]
    let start = Int(match.nameOffset)
    // `_Z` and `_R` begin the names of C++ and Rust.
    if names.load(UInt8.self, at: start) == 0x5f, let next = names.load(UInt8.self, at: start + 1),
      next == 0x5a || next == 0x52
    {
      return 0
    }
    var count = 0
    while count < 8, names.load(UInt8.self, at: start + count) == 0x5f { count += 1 }
    return count
  }

  /// Whether the symbol marks a place for tools and names nothing: the mapping symbols `$x` and `$d`
  /// (AAELF64, section 5.5.4), the assembler's `.L…`, or no name at all. The names of others are not looked
  /// at: they lie in pages that nobody may need.
  private func isMarker(_ match: Match) -> Bool {
    // Local, and of no type.
    guard match.info == 0 else { return match.nameOffset == 0 }
    let names = strings[match.table]
    let start = Int(match.nameOffset)
    guard let first = names.load(UInt8.self, at: start), first != 0 else { return true }
    let second = names.load(UInt8.self, at: start + 1) ?? 0
    switch first {
    case UInt8(ascii: "$"):
      let third = names.load(UInt8.self, at: start + 2) ?? 0
      let isLetter = second == UInt8(ascii: "x") || second == UInt8(ascii: "d")
      return isLetter && (third == 0 || third == UInt8(ascii: "."))
    case UInt8(ascii: "."): return second == UInt8(ascii: "L")
    default: return false
    }
  }
}

extension SectionHeader {
  /// SHF_EXECINSTR.
  var isExecutable: Bool { flags & 4 != 0 }
}
