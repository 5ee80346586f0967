public import Bytes

/// Why a unit, or an entry of it, could not be read. Offsets are offsets in the section that is named.
public enum DebugInfoError: Error, Equatable, Sendable {
  /// The section ends, or holds a number too large, within what is read.
  case bytes(ByteError)
  /// A version of DWARF that is neither 2, 3, 4 nor 5, stated at `offset` of `.debug_info` or `.debug_line`.
  case unsupportedVersion(UInt16, offset: Int)
  /// An address size other than 4 and 8, or one that does not fit the version.
  case unsupportedAddressSize(UInt8, offset: Int)
  /// DW_UT_* that DWARF 5, section 7.5.1 does not define.
  case unknownUnitType(UInt8, offset: Int)
  /// A form that no standard defines, so that what follows it cannot be found.
  case unknownForm(UInt64, offset: Int)
  /// An entry's abbreviation code is not in its unit's table.
  case missingAbbreviation(UInt64, offset: Int)
  /// Entries are nested deeper than any compiler nests them.
  case tooDeep(offset: Int)
  /// An offset that leads outside of its section, or to nothing that it may lead to.
  case badReference(UInt64)
  /// The file asks for more work than its size can justify: tables made to be read over and over.
  case tooMuchWork
}
