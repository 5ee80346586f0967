public import Bytes

/// What the kernel told the program at its start (NT_AUXV; getauxval(3)).
public struct AuxiliaryVector: Sendable {
  private let entries: [UInt64: UInt64]

  public static let programHeaders: UInt64 = 3
  public static let programHeaderSize: UInt64 = 4
  public static let programHeaderCount: UInt64 = 5
  public static let pageSize: UInt64 = 6
  public static let interpreterBase: UInt64 = 7
  public static let entry: UInt64 = 9
  public static let random: UInt64 = 25
  public static let executablePath: UInt64 = 31
  public static let vdso: UInt64 = 33

  /// - Parameter bytes: pairs of words up to AT_NULL, or as far as they go.
  public init(_ bytes: ByteView) {
    var entries: [UInt64: UInt64] = [:]
    var offset = 0
    while let type = bytes.load(UInt64.self, at: offset), let value = bytes.load(UInt64.self, at: offset + 8), type != 0
    {
      entries[type] = value
      offset += 16
      if entries.count > 256 { break }
    }
    self.entries = entries
  }

  /// The value of the entry with this type, or nil where there is none.
  public subscript(_ type: UInt64) -> UInt64? { entries[type] }
}
