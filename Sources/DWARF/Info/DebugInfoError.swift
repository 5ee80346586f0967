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

extension DebugInfoError: CustomStringConvertible {
  /// What is wrong, in a few words, with the number and the offset that offend.
  public var description: String {
    func hex(_ number: some BinaryInteger) -> String { "0x" + String(number, radix: 16) }
    switch self {
    case .bytes(.endOfBytes(let offset, _)): return "a section ends within what stands at \(hex(offset))"
    case .bytes(.valueTooLarge(let offset)): return "the number at \(hex(offset)) is too large"
    case .unsupportedVersion(let version, let offset): return "version \(version) at \(hex(offset)) is not read"
    case .unsupportedAddressSize(let size, let offset):
      return "addresses of \(size) bytes at \(hex(offset)) are not read"
    case .unknownUnitType(let type, let offset): return "a unit of unknown type \(hex(type)) at \(hex(offset))"
    case .unknownForm(let form, let offset): return "an unknown form \(hex(form)) at \(hex(offset))"
    case .missingAbbreviation(let code, let offset):
      return "abbreviation \(code), used at \(hex(offset)), is not defined"
    case .tooDeep(let offset): return "entries at \(hex(offset)) are nested too deeply"
    case .badReference(let offset): return "a reference leads to \(hex(offset)), where nothing is that it may lead to"
    case .tooMuchWork: return "its tables ask for more work than their size justifies"
    }
  }
}
