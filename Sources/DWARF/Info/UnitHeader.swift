internal import Bytes

/// The header of a unit in `.debug_info` (DWARF 5, section 7.5.1; DWARF 4, section 7.5.1.1).
struct UnitHeader: Sendable {
  /// Offsets in `.debug_info`: of the first byte, of the first entry, and after the last byte.
  let offset: Int
  let firstEntry: Int
  let end: Int
  let encoding: Encoding
  /// DW_UT_*; before DWARF 5 every unit of `.debug_info` is a compile unit.
  let type: UInt8
  /// The offset of its table in `.debug_abbrev`.
  let abbreviationsOffset: UInt64
  /// The identity that a skeleton unit shares with its split unit (DWARF 5).
  let splitID: UInt64?

  /// Where a unit begins and ends, without what is in it.
  struct Extent {
    let start: Int
    /// After unit_length.
    let contents: Int
    let end: Int
    let is64Bit: Bool

    /// - Throws: ``DebugInfoError/bytes(_:)`` where the unit runs beyond the section.
    init(_ bytes: RawSpan, at offset: Int) throws(ByteError) {
      var cursor = Cursor(bytes, at: offset)
      var length = UInt64(try cursor.u32())
      var is64Bit = false
      if length == 0xffff_ffff {
        length = try cursor.u64()
        is64Bit = true
      }
      guard let size = Int(exactly: length), size <= cursor.remaining else {
        throw .endOfBytes(offset: offset, wanted: Int(clamping: length))
      }
      (start, contents, end) = (offset, cursor.offset, cursor.offset + size)
      self.is64Bit = is64Bit
    }
  }

  /// Reads the header of the unit with the extent `extent`.
  init(_ bytes: RawSpan, _ extent: Extent) throws(DebugInfoError) {
    var cursor = Cursor(bytes, at: extent.contents)
    let version: UInt16
    var addressSize: UInt8
    var abbreviations: UInt64
    var type = UnitType.compile
    var splitID: UInt64?
    do throws(ByteError) {
      version = try cursor.u16()
      let encoding = Encoding(is64Bit: extent.is64Bit, addressSize: 8, version: version)
      if version >= 5 {
        type = try cursor.u8()
        addressSize = try cursor.u8()
        abbreviations = try cursor.offset(encoding)
        switch type {
        case UnitType.skeleton, UnitType.splitCompile: splitID = try cursor.u64()
        // The signature of the type and the offset of its entry.
        case UnitType.type, UnitType.splitType: try cursor.skip(8 + encoding.offsetSize)
        default: break
        }
      } else {
        abbreviations = try cursor.offset(encoding)
        addressSize = try cursor.u8()
      }
    } catch {
      throw .bytes(error)
    }
    guard (2...5).contains(version) else { throw .unsupportedVersion(version, offset: extent.start) }
    guard addressSize == 8 || addressSize == 4 else {
      throw .unsupportedAddressSize(addressSize, offset: extent.start)
    }
    guard type >= UnitType.compile, type <= UnitType.splitType else {
      throw .unknownUnitType(type, offset: extent.start)
    }
    guard cursor.offset <= extent.end else {
      throw .bytes(.endOfBytes(offset: extent.start, wanted: cursor.offset - extent.start))
    }
    (offset, firstEntry, end) = (extent.start, cursor.offset, extent.end)
    encoding = Encoding(is64Bit: extent.is64Bit, addressSize: addressSize, version: version)
    self.type = type
    abbreviationsOffset = abbreviations
    self.splitID = splitID
  }
}
