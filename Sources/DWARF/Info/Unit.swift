internal import Bytes

/// A unit whose root entry was decoded: what is needed to read the others.
struct Unit {
  unowned let file: DebugFile
  let header: UnitHeader
  let abbreviations: AbbreviationTable
  /// DW_TAG_*
  let tag: UInt16
  private(set) var name: AttributeValue?
  private(set) var compilationDirectory: AttributeValue?
  /// DW_AT_stmt_list: the offset of its line program in `.debug_line`.
  private(set) var lineProgram: UInt64?
  private(set) var language: UInt64 = 0
  /// The offset in `.debug_str_offsets` of entry 0.
  var stringOffsetsBase: UInt64
  /// The offset in `.debug_addr` of entry 0.
  var addressBase: UInt64 = 0
  /// The offset in `.debug_rnglists` of the table of offsets, or in `.debug_ranges` of offset 0.
  var rangesBase: UInt64
  /// The file name of the split object and the identity of the unit in it, of a skeleton.
  private(set) var splitName: AttributeValue?
  private(set) var splitID: UInt64?
  private(set) var pc = PCAttributes()

  var encoding: Encoding { header.encoding }
  /// Whether its entries lie in another file.
  var isSkeleton: Bool { splitName != nil && splitID != nil }

  /// The attributes that say which addresses an entry covers, not yet followed.
  struct PCAttributes {
    var low: AttributeValue?
    var high: AttributeValue?
    var ranges: AttributeValue?
    var isEmpty: Bool { low == nil && ranges == nil }
  }

  init(_ header: UnitHeader, _ abbreviations: AbbreviationTable, in file: DebugFile) throws(DebugInfoError) {
    self.file = file
    self.header = header
    self.abbreviations = abbreviations
    splitID = header.splitID
    // In split objects nothing states the bases: the tables begin after the header of the section (DWARF 5,
    // sections 7.26 to 7.28); GNU's tables before it had no header.
    let headerSize: UInt64 = header.encoding.version >= 5 ? (header.encoding.is64Bit ? 16 : 8) : 0
    stringOffsetsBase = headerSize
    rangesBase = header.encoding.version >= 5 ? (header.encoding.is64Bit ? 20 : 12) : 0
    let info = file.sections.info
    var cursor = Cursor(info.span, at: header.firstEntry)
    let code: UInt64
    do throws(ByteError) { code = try cursor.uleb128() } catch { throw .bytes(error) }
    guard let root = abbreviations.abbreviation(code) else {
      throw .missingAbbreviation(code, offset: header.firstEntry)
    }
    tag = root.tag
    for index in root.attributes {
      let specification = abbreviations.specifications[index]
      let value = try cursor.value(specification.form, implicit: specification.implicit, header.encoding)
      keep(value, as: specification.name)
    }
  }

  private mutating func keep(_ value: AttributeValue, as attribute: UInt16) {
    switch attribute {
    case Attribute.name: name = value
    case Attribute.compilationDirectory: compilationDirectory = value
    case Attribute.lineProgram: lineProgram = value.unsigned
    case Attribute.language: language = value.unsigned ?? 0
    case Attribute.stringOffsetsBase: stringOffsetsBase = value.unsigned ?? stringOffsetsBase
    case Attribute.addressBase, Attribute.gnuAddressBase: addressBase = value.unsigned ?? 0
    case Attribute.rangeListsBase, Attribute.gnuRangesBase: rangesBase = value.unsigned ?? rangesBase
    case Attribute.splitName, Attribute.gnuSplitName: splitName = value
    case Attribute.gnuSplitID: splitID = value.unsigned
    case Attribute.lowPC: pc.low = value
    case Attribute.highPC: pc.high = value
    case Attribute.ranges: pc.ranges = value
    default: break
    }
  }

  /// The unit's own base address for its range lists (DW_AT_low_pc); 0 where it has none.
  var baseAddress: UInt64 { pc.low.flatMap(address) ?? 0 }

  /// Lends a split unit what only its skeleton knows.
  mutating func adopt(skeleton: Unit) {
    addressBase = skeleton.addressBase
    pc = skeleton.pc
    // In GNU's split DWARF 4 the range lists stay in the skeleton's file.
    if encoding.version < 5 { rangesBase = skeleton.rangesBase }
  }

  /// The address that a value of the address class means.
  func address(_ value: AttributeValue) -> UInt64? {
    switch value {
    case .address(let address): address
    case .addressIndex(let index): address(at: index)
    default: nil
    }
  }

  /// Entry `index` of the unit's part of `.debug_addr`.
  func address(at index: UInt64) -> UInt64? {
    let size = UInt64(encoding.addressSize)
    let (scaled, overflow) = index.multipliedReportingOverflow(by: size)
    let (offset, beyond) = addressBase.addingReportingOverflow(scaled)
    guard !overflow, !beyond else { return nil }
    return size == 8
      ? file.sections.addresses.load(UInt64.self, at: offset)
      : file.sections.addresses.load(UInt32.self, at: offset).map(UInt64.init)
  }

  /// The text that a value of the string class means; nil where it leads nowhere.
  ///
  /// - Parameter alternate: the file that several debug files share.
  func text(_ value: AttributeValue, alternate: DebugFile?) -> ByteView? {
    let sections = file.sections
    switch value {
    case .text(let range): return sections.info.slice(range.lowerBound, range.count)
    case .string(let offset): return DebugFile.text(sections.strings, at: offset)
    case .lineString(let offset): return DebugFile.text(sections.lineStrings, at: offset)
    case .alternateString(let offset): return alternate.flatMap { DebugFile.text($0.sections.strings, at: offset) }
    case .stringIndex(let index):
      let (scaled, overflow) = index.multipliedReportingOverflow(by: UInt64(encoding.offsetSize))
      let (place, beyond) = stringOffsetsBase.addingReportingOverflow(scaled)
      guard !overflow, !beyond else { return nil }
      let offset =
        encoding.is64Bit
        ? sections.stringOffsets.load(UInt64.self, at: place)
        : sections.stringOffsets.load(UInt32.self, at: place).map(UInt64.init)
      return offset.flatMap { DebugFile.text(sections.strings, at: $0) }
    default: return nil
    }
  }
}
