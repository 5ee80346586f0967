internal import Bytes
package import ELF

/// The dynamic section of a module's image in memory, for modules whose file is lost (gABI chapter 5,
/// "Dynamic Section"). The image's segments lie at the offsets that their addresses say.
package struct DynamicSection: Sendable {
  private let image: ELFFile
  private let bias: UInt64
  private var values: [UInt64: UInt64] = [:]

  /// - Parameters:
  ///   - image: as it lies in memory: offset 0 is the lowest mapped address.
  ///   - bias: what was added to the linker's addresses; the dynamic linker has added it to the pointers in
  ///     the section too, unless the section is read-only.
  /// - Returns: nil where there is no dynamic section, or it was not dumped.
  package init?(_ image: ELFFile, bias: UInt64) {
    self.image = image
    self.bias = bias
    let segments = image.segments
    guard let dynamic = segments.first(where: { $0.type == ProgramHeader.dynamic }) else { return nil }
    let bytes = image.bytes.prefix(from: Self.offset(of: dynamic.address, in: image), atMost: dynamic.memorySize)
    var at = 0
    while at < 65_536, let tag = bytes.load(UInt64.self, at: at), let value = bytes.load(UInt64.self, at: at + 8) {
      guard tag != 0 else { break }
      if values[tag] == nil { values[tag] = value }
      at += 16
    }
    guard !values.isEmpty else { return nil }
  }

  /// DT_SYMTAB with DT_STRTAB. How many symbols there are is what DT_HASH states, or what the chains of
  /// DT_GNU_HASH lead to.
  package var symbols: SymbolTable? {
    guard let symbols = pointer(6), let strings = pointer(5), let count = symbolCount, count > 1 else { return nil }
    let size = values[10] ?? UInt64(image.bytes.count)
    let (bytes, overflow) = count.multipliedReportingOverflow(by: UInt64(SymbolTable.entrySize))
    guard !overflow else { return nil }
    return SymbolTable(
      entries: image.bytes.prefix(from: symbols, atMost: bytes),
      strings: image.bytes.prefix(from: strings, atMost: size))
  }

  private var symbolCount: UInt64? {
    if let hash = pointer(4), let chains = load(UInt32.self, hash, 4) { return UInt64(chains) }
    guard let hash = pointer(0x6fff_fef5), let bucketCount = load(UInt32.self, hash, 0),
      let firstHashed = load(UInt32.self, hash, 4), let bloomWords = load(UInt32.self, hash, 8)
    else { return nil }
    let buckets = 16 + 8 * UInt64(bloomWords)
    let chains = buckets + 4 * UInt64(bucketCount)
    var last: UInt32 = 0
    var bucket: UInt64 = 0
    while bucket < UInt64(bucketCount), let start = load(UInt32.self, hash, buckets + 4 * bucket) {
      last = max(last, start)
      bucket += 1
    }
    guard last >= firstHashed else { return UInt64(firstHashed) }
    while let value = load(UInt32.self, hash, chains + 4 * UInt64(last - firstHashed)) {
      if value & 1 != 0 { return UInt64(last) + 1 }
      guard last < UInt32.max else { return nil }
      last += 1
    }
    return nil
  }

  private func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ base: UInt64, _ offset: UInt64) -> T? {
    image.bytes.load(type, at: base &+ offset)
  }

  /// The offset in the image of what the entry `tag` points to.
  private func pointer(_ tag: UInt64) -> UInt64? {
    guard let value = values[tag] else { return nil }
    let asLinked = Self.offset(of: value, in: image)
    if asLinked < UInt64(image.bytes.count), value < bias || bias == 0 { return asLinked }
    let relocated = Self.offset(of: value &- bias, in: image)
    return relocated < UInt64(image.bytes.count) ? relocated : nil
  }

  /// Where in the image the linker's `address` lies.
  private static func offset(of address: UInt64, in image: ELFFile) -> UInt64 {
    let lowest = image.segments.filter { $0.type == ProgramHeader.load }.map(\.address).min() ?? 0
    return address &- (lowest & ~0xfff)
  }
}
