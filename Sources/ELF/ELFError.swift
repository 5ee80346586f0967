/// Why bytes are no ELF file that Inquest can read. Offsets are file offsets.
public enum ELFError: Error, Equatable {
  /// The first four bytes are not `\x7fELF`.
  case notELF
  /// The file ends before the 64 bytes of the ELF header; it has `size` bytes.
  case headerTruncated(size: Int)
  /// EI_CLASS is not ELFCLASS64 (32-bit programs are not examined).
  case unsupportedClass(UInt8)
  /// EI_DATA is not ELFDATA2LSB.
  case unsupportedByteOrder(UInt8)
  /// e_phentsize or e_shentsize is smaller than the structure of the specification.
  case entrySize(UInt16, table: StaticString)

  public static func == (a: ELFError, b: ELFError) -> Bool {
    switch (a, b) {
    case (.notELF, .notELF): true
    case (.headerTruncated(let x), .headerTruncated(let y)): x == y
    case (.unsupportedClass(let x), .unsupportedClass(let y)): x == y
    case (.unsupportedByteOrder(let x), .unsupportedByteOrder(let y)): x == y
    case (.entrySize(let x, _), .entrySize(let y, _)): x == y
    default: false
    }
  }
}
