internal import Bytes

/// What the size of a value depends on, besides its form.
struct Encoding: Hashable, Sendable {
  /// Whether offsets have 64 bits.
  var is64Bit: Bool
  var addressSize: UInt8
  var version: UInt16

  @inline(__always) var offsetSize: Int { is64Bit ? 8 : 4 }
}

/// DW_FORM_*: how a value is written (DWARF 5, section 7.5.5 and 7.5.6; GNU's).
enum Form {
  static let address: UInt16 = 0x01
  static let block2: UInt16 = 0x03
  static let block4: UInt16 = 0x04
  static let data2: UInt16 = 0x05
  static let data4: UInt16 = 0x06
  static let data8: UInt16 = 0x07
  static let string: UInt16 = 0x08
  static let block: UInt16 = 0x09
  static let block1: UInt16 = 0x0a
  static let data1: UInt16 = 0x0b
  static let flag: UInt16 = 0x0c
  static let signedData: UInt16 = 0x0d
  static let stringOffset: UInt16 = 0x0e
  static let unsignedData: UInt16 = 0x0f
  static let referenceAddress: UInt16 = 0x10
  static let reference1: UInt16 = 0x11
  static let reference2: UInt16 = 0x12
  static let reference4: UInt16 = 0x13
  static let reference8: UInt16 = 0x14
  static let referenceUnsigned: UInt16 = 0x15
  static let indirect: UInt16 = 0x16
  static let sectionOffset: UInt16 = 0x17
  static let expression: UInt16 = 0x18
  static let flagPresent: UInt16 = 0x19
  static let stringIndex: UInt16 = 0x1a
  static let addressIndex: UInt16 = 0x1b
  static let supplementaryReference4: UInt16 = 0x1c
  static let supplementaryString: UInt16 = 0x1d
  static let data16: UInt16 = 0x1e
  static let lineStringOffset: UInt16 = 0x1f
  static let signature: UInt16 = 0x20
  static let implicitConstant: UInt16 = 0x21
  static let locationListIndex: UInt16 = 0x22
  static let rangeListIndex: UInt16 = 0x23
  static let supplementaryReference8: UInt16 = 0x24
  static let stringIndex1: UInt16 = 0x25
  static let stringIndex2: UInt16 = 0x26
  static let stringIndex3: UInt16 = 0x27
  static let stringIndex4: UInt16 = 0x28
  static let addressIndex1: UInt16 = 0x29
  static let addressIndex2: UInt16 = 0x2a
  static let addressIndex3: UInt16 = 0x2b
  static let addressIndex4: UInt16 = 0x2c
  static let gnuAddressIndex: UInt16 = 0x1f01
  static let gnuStringIndex: UInt16 = 0x1f02
  static let gnuAlternateReference: UInt16 = 0x1f20
  static let gnuAlternateString: UInt16 = 0x1f21

  /// The number of bytes of every value of `form`; nil where that differs from value to value.
  static func fixedSize(_ form: UInt16, _ encoding: Encoding) -> Int? {
    switch form {
    case flagPresent, implicitConstant: 0
    case data1, flag, reference1, stringIndex1, addressIndex1: 1
    case data2, reference2, stringIndex2, addressIndex2: 2
    case stringIndex3, addressIndex3: 3
    case data4, reference4, supplementaryReference4, stringIndex4, addressIndex4: 4
    case data8, reference8, signature, supplementaryReference8: 8
    case data16: 16
    case address: Int(encoding.addressSize)
    case stringOffset, sectionOffset, supplementaryString, lineStringOffset, gnuAlternateReference, gnuAlternateString:
      encoding.offsetSize
    // In DWARF 2 such a reference has the size of an address.
    case referenceAddress: encoding.version < 3 ? Int(encoding.addressSize) : encoding.offsetSize
    default: nil
    }
  }
}

/// A value as it is written in an entry: not yet followed to the section where its text or list lies.
enum AttributeValue: Sendable {
  case address(UInt64)
  /// An index in `.debug_addr`.
  case addressIndex(UInt64)
  case constant(UInt64)
  case signed(Int64)
  case flag(Bool)
  /// An expression or block: where it lies in the section.
  case block(Range<Int>)
  case sectionOffset(UInt64)
  /// An index in a table of lists.
  case listIndex(UInt64)
  /// A string in the entry itself: where it lies in the section.
  case text(Range<Int>)
  /// An offset in `.debug_str`.
  case string(UInt64)
  /// An offset in `.debug_line_str`.
  case lineString(UInt64)
  /// An index in `.debug_str_offsets`.
  case stringIndex(UInt64)
  /// An offset in the alternate file's `.debug_str`.
  case alternateString(UInt64)
  /// An offset from the first byte of the unit.
  case unitReference(UInt64)
  /// An offset in `.debug_info`.
  case reference(UInt64)
  /// An offset in the alternate file's `.debug_info`.
  case alternateReference(UInt64)
  /// The signature of a type unit.
  case signature(UInt64)

  /// The value of a constant of any form; nil for what is none, or negative.
  var unsigned: UInt64? {
    switch self {
    case .constant(let value), .sectionOffset(let value): value
    case .signed(let value): value >= 0 ? UInt64(value) : nil
    default: nil
    }
  }
}

extension Cursor {
  /// Reads an offset of the encoding's size.
  @_lifetime(self: copy self)
  mutating func offset(_ encoding: Encoding) throws(ByteError) -> UInt64 {
    encoding.is64Bit ? try u64() : UInt64(try u32())
  }

  /// Reads an unsigned number of `size` bytes: 1, 2, 3, 4 or 8.
  @_lifetime(self: copy self)
  mutating func unsigned(size: Int) throws(ByteError) -> UInt64 {
    switch size {
    case 1: return UInt64(try u8())
    case 2: return UInt64(try u16())
    case 3:
      guard remaining >= 3 else { throw .endOfBytes(offset: offset, wanted: 3) }
      let low = UInt64(try u16())
      return low | UInt64(try u8()) << 16
    case 4: return UInt64(try u32())
    default: return try u64()
    }
  }

  /// Reads a value of `form`.
  ///
  /// - Parameter implicit: the value that the abbreviation itself holds, for DW_FORM_implicit_const.
  @_lifetime(self: copy self)
  mutating func value(_ form: UInt16, implicit: Int64, _ encoding: Encoding) throws(DebugInfoError) -> AttributeValue {
    do throws(ByteError) {
      if let value = try simpleValue(form, implicit: implicit, encoding) { return value }
    } catch {
      throw .bytes(error)
    }
    guard form == Form.indirect else { throw .unknownForm(UInt64(form), offset: offset) }
    let actual = try indirectForm()
    return try value(actual, implicit: 0, encoding)
  }

  /// Moves on over a value of `form`.
  @_lifetime(self: copy self)
  mutating func skipValue(_ form: UInt16, _ encoding: Encoding) throws(DebugInfoError) {
    try take(SkipStep(form, encoding), encoding)
  }

  /// Moves on over all values of an entry.
  @_lifetime(self: copy self)
  @inline(__always)
  mutating func skipValues(
    _ abbreviation: Abbreviation, _ table: AbbreviationTable, _ encoding: Encoding
  ) throws(DebugInfoError) {
    for index in abbreviation.steps { try take(table.steps[index], encoding) }
  }

  @_lifetime(self: copy self)
  @inline(__always)
  private mutating func take(_ step: SkipStep, _ encoding: Encoding) throws(DebugInfoError) {
    do throws(ByteError) {
      switch step {
      case .bytes(let count): return try skip(count)
      case .leb128: return try skipLEB128()
      case .string: return try skipString()
      case .block: return try skip(try uleb128())
      case .value: break
      }
    } catch {
      throw .bytes(error)
    }
    if case .value(let form) = step { _ = try value(form, implicit: 0, encoding) }
  }

  /// Moves on over a LEB128 number of any size.
  @_lifetime(self: copy self)
  @inline(__always)
  private mutating func skipLEB128() throws(ByteError) {
    while try u8() & 0x80 != 0 {}
  }

  @_lifetime(self: copy self)
  private mutating func skipString() throws(ByteError) {
    while try u8() != 0 {}
  }

  /// The form that stands before a value of DW_FORM_indirect. It may be neither indirect again nor implicit.
  @_lifetime(self: copy self)
  private mutating func indirectForm() throws(DebugInfoError) -> UInt16 {
    let number: UInt64
    do throws(ByteError) { number = try uleb128() } catch { throw .bytes(error) }
    guard let form = UInt16(exactly: number), form != Form.indirect, form != Form.implicitConstant else {
      throw .unknownForm(number, offset: offset)
    }
    return form
  }

  /// Moves on over `size` bytes and says where they lay.
  @_lifetime(self: copy self)
  private mutating func range(_ size: UInt64) throws(ByteError) -> AttributeValue {
    let start = offset
    try skip(size)
    return .block(start..<offset)
  }

  /// - Returns: nil for DW_FORM_indirect and for forms that nobody defined.
  @_lifetime(self: copy self)
  private mutating func simpleValue(
    _ form: UInt16, implicit: Int64, _ encoding: Encoding
  ) throws(ByteError) -> AttributeValue? {
    switch form {
    case Form.address: return .address(try unsigned(size: Int(encoding.addressSize)))
    case Form.data1: return .constant(UInt64(try u8()))
    case Form.data2: return .constant(UInt64(try u16()))
    case Form.data4: return .constant(UInt64(try u32()))
    case Form.data8: return .constant(try u64())
    case Form.unsignedData: return .constant(try uleb128())
    case Form.signedData: return .signed(try sleb128())
    case Form.implicitConstant: return .signed(implicit)
    case Form.flag: return .flag(try u8() != 0)
    case Form.flagPresent: return .flag(true)
    case Form.sectionOffset: return .sectionOffset(try offset(encoding))
    case Form.string: return .text(try cString())
    case Form.stringOffset: return .string(try offset(encoding))
    case Form.lineStringOffset: return .lineString(try offset(encoding))
    case Form.stringIndex, Form.gnuStringIndex: return .stringIndex(try uleb128())
    case Form.stringIndex1, Form.stringIndex2, Form.stringIndex3, Form.stringIndex4:
      return .stringIndex(try unsigned(size: Int(form - Form.stringIndex1) + 1))
    case Form.supplementaryString, Form.gnuAlternateString: return .alternateString(try offset(encoding))
    case Form.addressIndex, Form.gnuAddressIndex: return .addressIndex(try uleb128())
    case Form.addressIndex1, Form.addressIndex2, Form.addressIndex3, Form.addressIndex4:
      return .addressIndex(try unsigned(size: Int(form - Form.addressIndex1) + 1))
    case Form.reference1: return .unitReference(UInt64(try u8()))
    case Form.reference2: return .unitReference(UInt64(try u16()))
    case Form.reference4: return .unitReference(UInt64(try u32()))
    case Form.reference8: return .unitReference(try u64())
    case Form.referenceUnsigned: return .unitReference(try uleb128())
    case Form.referenceAddress:
      let size = encoding.version < 3 ? Int(encoding.addressSize) : encoding.offsetSize
      return .reference(try unsigned(size: size))
    case Form.supplementaryReference4: return .alternateReference(UInt64(try u32()))
    case Form.supplementaryReference8: return .alternateReference(try u64())
    case Form.gnuAlternateReference: return .alternateReference(try offset(encoding))
    case Form.signature: return .signature(try u64())
    case Form.locationListIndex, Form.rangeListIndex: return .listIndex(try uleb128())
    case Form.expression, Form.block: return try range(try uleb128())
    case Form.block1: return try range(UInt64(try u8()))
    case Form.block2: return try range(UInt64(try u16()))
    case Form.block4: return try range(UInt64(try u32()))
    case Form.data16: return try range(16)
    default: return nil
    }
  }
}
