/// Writes call frame information byte by byte, as an assembler would. It shares no layout with the reader.
public struct CallFrameWriter {
  public var bytes: [UInt8] = []
  public init(isDebugFrame: Bool = false, isLong: Bool = false) {
    self.isDebugFrame = isDebugFrame
    self.isLong = isLong
  }

  /// Whether ids are those of `.debug_frame`.
  public var isDebugFrame = false
  /// Whether entries have 64-bit lengths.
  public var isLong = false

  public mutating func cie(
    version: UInt8 = 1, augmentation: String = "zR", data: [UInt8] = [0x00], codeAlignment: UInt64 = 1,
    dataAlignment: Int64 = -8, returnAddress: UInt64 = 16, addressSize: UInt8 = 8, instructions: [UInt8]
  ) -> Int {
    var body: [UInt8] = [version] + Array(augmentation.utf8) + [0]
    if version == 4 { body += [addressSize, 0] }
    body += uleb(codeAlignment) + sleb(dataAlignment)
    body += version == 1 ? [UInt8(returnAddress)] : uleb(returnAddress)
    if augmentation.hasPrefix("z") { body += uleb(UInt64(data.count)) + data }
    return entry(id: isDebugFrame ? .max : 0, body + instructions)
  }

  /// An FDE with addresses of 8 bytes.
  public mutating func fde(
    cie: Int, start: UInt64, size: UInt64, augmentationData: [UInt8]? = [], instructions: [UInt8]
  ) -> Int {
    let body = little(start, 8) + little(size, 8) + (augmentationData.map { uleb(UInt64($0.count)) + $0 } ?? [])
    return fde(cie: cie, body + instructions)
  }

  /// An FDE with a body that the caller made.
  public mutating func fde(cie: Int, _ body: [UInt8]) -> Int {
    let idPlace = bytes.count + (isLong ? 12 : 4)
    return entry(id: isDebugFrame ? UInt64(cie) : UInt64(idPlace - cie), body)
  }

  /// The end of `.eh_frame`.
  public mutating func terminator() { bytes += [0, 0, 0, 0] }

  private mutating func entry(id: UInt64, _ body: [UInt8]) -> Int {
    let start = bytes.count
    let idSize = isLong && isDebugFrame ? 8 : 4
    var padded = body
    while (padded.count + idSize) % 8 != 0 { padded.append(0) }
    let length = UInt64(padded.count + idSize)
    bytes += isLong ? little(0xffff_ffff, 4) + little(length, 8) : little(length, 4)
    bytes += little(id, idSize) + padded
    return start
  }
}

/// The `size` low bytes of `value`, least significant first.
public func little(_ value: UInt64, _ size: Int) -> [UInt8] {
  (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
}

/// Unsigned LEB128.
public func uleb(_ value: UInt64) -> [UInt8] {
  var rest = value
  var bytes: [UInt8] = []
  repeat {
    let group = UInt8(rest & 0x7f)
    rest >>= 7
    bytes.append(rest == 0 ? group : group | 0x80)
  } while rest != 0
  return bytes
}

/// Signed LEB128.
public func sleb(_ value: Int64) -> [UInt8] {
  var rest = value
  var bytes: [UInt8] = []
  while true {
    let group = UInt8(truncatingIfNeeded: rest & 0x7f)
    rest >>= 7
    if rest == 0 && group & 0x40 == 0 || rest == -1 && group & 0x40 != 0 { return bytes + [group] }
    bytes.append(group | 0x80)
  }
}

/// Call frame instructions by their names in the standard.
public enum CFA {
  public static func advance(_ delta: UInt8) -> [UInt8] { [0x40 | delta] }
  public static func offset(_ register: UInt8, _ factored: UInt64) -> [UInt8] { [0x80 | register] + uleb(factored) }
  public static func restore(_ register: UInt8) -> [UInt8] { [0xc0 | register] }
  public static func setLocation(_ address: UInt64) -> [UInt8] { [0x01] + little(address, 8) }
  public static func advance1(_ delta: UInt64) -> [UInt8] { [0x02] + little(delta, 1) }
  public static func advance2(_ delta: UInt64) -> [UInt8] { [0x03] + little(delta, 2) }
  public static func advance4(_ delta: UInt64) -> [UInt8] { [0x04] + little(delta, 4) }
  public static func offsetExtended(_ register: UInt64, _ factored: UInt64) -> [UInt8] {
    [0x05] + uleb(register) + uleb(factored)
  }
  public static func restoreExtended(_ register: UInt64) -> [UInt8] { [0x06] + uleb(register) }
  public static func undefined(_ register: UInt64) -> [UInt8] { [0x07] + uleb(register) }
  public static func sameValue(_ register: UInt64) -> [UInt8] { [0x08] + uleb(register) }
  public static func register(_ register: UInt64, _ source: UInt64) -> [UInt8] {
    [0x09] + uleb(register) + uleb(source)
  }
  public static let rememberState: [UInt8] = [0x0a]
  public static let restoreState: [UInt8] = [0x0b]
  public static func defCFA(_ register: UInt64, _ offset: UInt64) -> [UInt8] { [0x0c] + uleb(register) + uleb(offset) }
  public static func defCFARegister(_ register: UInt64) -> [UInt8] { [0x0d] + uleb(register) }
  public static func defCFAOffset(_ offset: UInt64) -> [UInt8] { [0x0e] + uleb(offset) }
  public static func defCFAExpression(_ expression: [UInt8]) -> [UInt8] {
    [0x0f] + uleb(UInt64(expression.count)) + expression
  }
  public static func expression(_ register: UInt64, _ expression: [UInt8]) -> [UInt8] {
    [0x10] + uleb(register) + uleb(UInt64(expression.count)) + expression
  }
  public static func offsetExtendedSigned(_ register: UInt64, _ factored: Int64) -> [UInt8] {
    [0x11] + uleb(register) + sleb(factored)
  }
  public static func defCFASigned(_ register: UInt64, _ factored: Int64) -> [UInt8] {
    [0x12] + uleb(register) + sleb(factored)
  }
  public static func defCFAOffsetSigned(_ factored: Int64) -> [UInt8] { [0x13] + sleb(factored) }
  public static func valueOffset(_ register: UInt64, _ factored: UInt64) -> [UInt8] {
    [0x14] + uleb(register) + uleb(factored)
  }
  public static func valueOffsetSigned(_ register: UInt64, _ factored: Int64) -> [UInt8] {
    [0x15] + uleb(register) + sleb(factored)
  }
  public static func valueExpression(_ register: UInt64, _ expression: [UInt8]) -> [UInt8] {
    [0x16] + uleb(register) + uleb(UInt64(expression.count)) + expression
  }
  public static let negateRAStateWithPC: [UInt8] = [0x2c]
  public static let negateRAState: [UInt8] = [0x2d]
  public static func argumentsSize(_ size: UInt64) -> [UInt8] { [0x2e] + uleb(size) }
  public static func negativeOffsetExtended(_ register: UInt64, _ factored: UInt64) -> [UInt8] {
    [0x2f] + uleb(register) + uleb(factored)
  }
}
