internal import Bytes

extension Unit {
  /// Calls `body` with each range of addresses, the linker's, that an entry covers.
  ///
  /// Ranges of code that the linker threw away, which begin at 0, 1, or the highest two addresses, are left out.
  func forEachRange(
    _ pc: PCAttributes, _ body: (_ low: UInt64, _ high: UInt64) throws(DebugInfoError) -> Void
  ) throws(DebugInfoError) {
    if let ranges = pc.ranges {
      if encoding.version >= 5 {
        try forEachListEntry(ranges, body)
      } else if let offset = ranges.unsigned {
        try forEachOldRange(at: offset &+ rangesBaseOfEntries, body)
      }
      return
    }
    guard let low = pc.low.flatMap(address), let highValue = pc.high else { return }
    // A constant is the size; an address is the end (DWARF 5, section 2.17.2).
    guard let high = address(highValue) ?? highValue.unsigned.map({ low &+ $0 }) else { return }
    try report(low, high, body)
  }

  /// The skeleton's DW_AT_GNU_ranges_base counts for entries of the split unit, not for the skeleton's own.
  private var rangesBaseOfEntries: UInt64 { isSkeleton ? 0 : rangesBase }

  @inline(__always)
  private func report(
    _ low: UInt64, _ high: UInt64, _ body: (UInt64, UInt64) throws(DebugInfoError) -> Void
  ) throws(DebugInfoError) {
    guard low > 1, low < high, !isTombstone(low) else { return }
    try body(low, high)
  }

  /// The addresses that linkers put where discarded code was.
  private func isTombstone(_ address: UInt64) -> Bool {
    encoding.addressSize == 8 ? address >= UInt64.max - 1 : address >= UInt64(UInt32.max) - 1
  }

  /// `.debug_ranges` (DWARF 4, section 2.17.3).
  private func forEachOldRange(
    at offset: UInt64, _ body: (UInt64, UInt64) throws(DebugInfoError) -> Void
  ) throws(DebugInfoError) {
    let section = file.sections.ranges
    guard let start = Int(exactly: offset), start < section.count else { throw .badReference(offset) }
    let size = Int(encoding.addressSize)
    let selector = size == 8 ? UInt64.max : UInt64(UInt32.max)
    var base = baseAddress
    var cursor = Cursor(section.span, at: start)
    while true {
      let low: UInt64
      let high: UInt64
      do throws(ByteError) {
        low = try cursor.unsigned(size: size)
        high = try cursor.unsigned(size: size)
      } catch {
        throw .bytes(error)
      }
      try file.budget.spend(1)
      if low == 0, high == 0 { return }
      if low == selector {
        base = high
      } else if !isTombstone(base) {
        try report(base &+ low, base &+ high, body)
      }
    }
  }

  /// `.debug_rnglists` (DWARF 5, section 7.25).
  private func forEachListEntry(
    _ value: AttributeValue, _ body: (UInt64, UInt64) throws(DebugInfoError) -> Void
  ) throws(DebugInfoError) {
    let offset = try listOffset(value)
    let section = file.sections.rangeLists
    guard let start = Int(exactly: offset), start < section.count else { throw .badReference(offset) }
    var base: UInt64? = baseAddress
    var cursor = Cursor(section.span, at: start)
    while true {
      let kind: UInt8
      var first: UInt64 = 0
      var second: UInt64 = 0
      do throws(ByteError) {
        kind = try cursor.u8()
        switch kind {
        case 0: return  // DW_RLE_end_of_list
        case 1: first = try cursor.uleb128()  // base_addressx
        case 2, 3, 4:  // startx_endx, startx_length, offset_pair
          first = try cursor.uleb128()
          second = try cursor.uleb128()
        case 5: first = try cursor.unsigned(size: Int(encoding.addressSize))  // base_address
        case 6:  // start_end
          first = try cursor.unsigned(size: Int(encoding.addressSize))
          second = try cursor.unsigned(size: Int(encoding.addressSize))
        case 7:  // start_length
          first = try cursor.unsigned(size: Int(encoding.addressSize))
          second = try cursor.uleb128()
        default: break
        }
      } catch {
        throw .bytes(error)
      }
      try file.budget.spend(1)
      switch kind {
      case 1: base = address(at: first)
      case 2: if let low = address(at: first), let high = address(at: second) { try report(low, high, body) }
      case 3: if let low = address(at: first) { try report(low, low &+ second, body) }
      case 4: if let base, !isTombstone(base) { try report(base &+ first, base &+ second, body) }
      case 5: base = first
      case 6: try report(first, second, body)
      case 7: try report(first, first &+ second, body)
      default: throw .unknownForm(UInt64(kind), offset: cursor.offset)
      }
    }
  }

  /// The offset in `.debug_rnglists` of a list that is named by its offset or by an index.
  private func listOffset(_ value: AttributeValue) throws(DebugInfoError) -> UInt64 {
    guard case .listIndex(let index) = value else {
      guard let offset = value.unsigned else { throw .badReference(0) }
      return offset
    }
    let (scaled, overflow) = index.multipliedReportingOverflow(by: UInt64(encoding.offsetSize))
    let (place, beyond) = rangesBase.addingReportingOverflow(scaled)
    guard !overflow, !beyond else { throw .badReference(index) }
    let lists = file.sections.rangeLists
    let stored =
      encoding.is64Bit ? lists.load(UInt64.self, at: place) : lists.load(UInt32.self, at: place).map(UInt64.init)
    guard let stored else { throw .badReference(index) }
    return rangesBase &+ stored
  }
}
