public import Bytes

/// A package of split objects (`.dwp`): its index leads from a unit's identity to the parts of the sections
/// that are the unit's (DWARF 5, section 7.3.5; the GNU format before it has version 2).
public struct SplitPackage {
  private let index: ByteView
  private let sections: DebugSections

  /// - Parameters:
  ///   - index: `.debug_cu_index`.
  ///   - sections: the package's sections, whole.
  public init(index: ByteView, sections: DebugSections) {
    self.index = index
    self.sections = sections
  }

  /// What the columns of the index hold, by DW_SECT_* numbers of either version.
  private enum Column {
    case info, abbreviations, stringOffsets, rangeLists, other

    init(_ number: UInt32, version: UInt32) {
      switch number {
      case 1: self = .info
      case 3: self = .abbreviations
      case 6: self = .stringOffsets
      case 8 where version >= 5: self = .rangeLists
      default: self = .other
      }
    }
  }

  /// The sections of the unit with the identity `id`, cut to its parts; nil where the package lacks it, or its
  /// index makes no sense.
  public func unit(_ id: UInt64) -> DebugSections? {
    guard let version = version, let columns = index.load(UInt32.self, at: 4),
      let slots = index.load(UInt32.self, at: 12), let row = row(of: id, slots: slots)
    else { return nil }
    let rows = UInt64(index.load(UInt32.self, at: 8) ?? 0)
    guard row >= 1, UInt64(row) <= rows else { return nil }
    // The hash table, the table of row numbers, then a row of column numbers and the rows of offsets.
    let header: UInt64 = 16 + 12 * UInt64(slots)
    let width = 4 * UInt64(columns)
    let offsets = header + width * UInt64(row)
    let sizes = header + width * (rows + 1) + width * UInt64(row - 1)
    var unit = sections
    for column in 0..<UInt64(min(columns, 16)) {
      guard let number = index.load(UInt32.self, at: header + 4 * column),
        let offset = index.load(UInt32.self, at: offsets + 4 * column),
        let size = index.load(UInt32.self, at: sizes + 4 * column)
      else { return nil }
      let (start, count) = (UInt64(offset), UInt64(size))
      switch Column(number, version: version) {
      case .info: unit.info = sections.info.prefix(from: start, atMost: count)
      case .abbreviations: unit.abbreviations = sections.abbreviations.prefix(from: start, atMost: count)
      case .stringOffsets: unit.stringOffsets = sections.stringOffsets.prefix(from: start, atMost: count)
      case .rangeLists: unit.rangeLists = sections.rangeLists.prefix(from: start, atMost: count)
      case .other: break
      }
    }
    return unit
  }

  /// 2 or 5. The header is a 32-bit 2, or a 16-bit 5 with two bytes of padding.
  private var version: UInt32? {
    if index.load(UInt32.self, at: 0) == 2 { return 2 }
    return index.load(UInt16.self, at: 0) == 5 ? 5 : nil
  }

  /// The row that the hash table gives for `id`, counted from 1; open addressing, a power of two of slots.
  private func row(of id: UInt64, slots: UInt32) -> UInt32? {
    guard slots > 0, slots & (slots - 1) == 0 else { return nil }
    let mask = UInt64(slots) - 1
    var slot = id & mask
    let step = (id >> 32) & mask | 1
    for _ in 0..<slots {
      guard let signature = index.load(UInt64.self, at: 16 + 8 * slot),
        let row = index.load(UInt32.self, at: 16 + 8 * UInt64(slots) + 4 * slot)
      else { return nil }
      if row == 0 { return nil }
      if signature == id { return row }
      slot = (slot + step) & mask
    }
    return nil
  }
}
