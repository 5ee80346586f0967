public import Bytes

/// What the kernel told the program at its start (NT_AUXV; getauxval(3)).
public struct AuxiliaryVector: Sendable {
  private let entries: [UInt64: UInt64]

  /// AT_PHDR: the address of the executable's program headers.
  public static let programHeaders: UInt64 = 3
  /// AT_PHENT, in bytes.
  public static let programHeaderSize: UInt64 = 4
  /// AT_PHNUM.
  public static let programHeaderCount: UInt64 = 5
  /// AT_PAGESZ, in bytes.
  public static let pageSize: UInt64 = 6
  /// AT_BASE: where the dynamic linker was mapped.
  public static let interpreterBase: UInt64 = 7
  /// AT_ENTRY: the address of the executable's entry.
  public static let entry: UInt64 = 9
  /// AT_RANDOM: the address of 16 random bytes on the main stack.
  public static let random: UInt64 = 25
  /// AT_EXECFN: the address of the executable's path on the main stack.
  public static let executablePath: UInt64 = 31
  /// AT_SYSINFO_EHDR: the address of the vDSO's ELF header.
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
