public import Bytes

/// A section header, Elf64_Shdr (gABI chapter 4, "Sections").
public struct SectionHeader: Sendable, Equatable {
  /// sh_name, an offset in the section with the names of sections.
  public let nameOffset: UInt32
  /// sh_type.
  public let type: UInt32
  /// sh_flags.
  public let flags: UInt64
  /// sh_addr, an address as the linker stated it.
  public let address: UInt64
  /// sh_offset, a file offset.
  public let fileOffset: UInt64
  /// sh_size, in bytes; a section without bits takes none of them in the file.
  public let fileSize: UInt64
  /// sh_link: the index of another section, by type.
  public let link: UInt32
  /// sh_info: its meaning depends on the type.
  public let info: UInt32
  /// sh_addralign, in bytes.
  public let alignment: UInt64
  /// sh_entsize, in bytes; 0 where entries are of no fixed size.
  public let entrySize: UInt64

  /// SHT_SYMTAB, SHT_STRTAB, SHT_NOTE, SHT_NOBITS, SHT_DYNSYM.
  public static let symbolTable: UInt32 = 2
  /// SHT_STRTAB.
  public static let stringTable: UInt32 = 3
  /// SHT_NOTE.
  public static let note: UInt32 = 7
  /// SHT_NOBITS.
  public static let noBits: UInt32 = 8
  /// SHT_DYNSYM.
  public static let dynamicSymbols: UInt32 = 11
  /// SHT_GNU_HASH.
  public static let gnuHash: UInt32 = 0x6fff_fff6

  /// SHF_COMPRESSED: the contents begin with an Elf64_Chdr.
  public var isCompressed: Bool { flags & 0x800 != 0 }

  static let size = 64

  init(_ bytes: ByteView) {
    func field<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ offset: Int) -> T {
      bytes.load(type, at: offset) ?? 0
    }
    nameOffset = field(UInt32.self, 0)
    type = field(UInt32.self, 4)
    flags = field(UInt64.self, 8)
    address = field(UInt64.self, 16)
    fileOffset = field(UInt64.self, 24)
    fileSize = field(UInt64.self, 32)
    link = field(UInt32.self, 40)
    info = field(UInt32.self, 44)
    alignment = field(UInt64.self, 48)
    entrySize = field(UInt64.self, 56)
  }
}

/// What stands before the contents of a compressed section, Elf64_Chdr (gABI chapter 4, "Section Compression").
public struct CompressionHeader: Sendable, Equatable {
  /// ch_type: 1 is ELFCOMPRESS_ZLIB, 2 is ELFCOMPRESS_ZSTD.
  public let type: UInt32
  /// ch_size, the number of bytes when decompressed. Untrusted.
  public let size: UInt64

  /// The size of the header in a 64-bit file.
  public static let byteCount = 24
  /// ELFCOMPRESS_ZLIB.
  public static let zlib: UInt32 = 1
  /// ELFCOMPRESS_ZSTD.
  public static let zstd: UInt32 = 2

  /// nil where `contents`, of a section with SHF_COMPRESSED, is too short for a header.
  public init?(_ contents: ByteView) {
    guard contents.count >= Self.byteCount, let type = contents.load(UInt32.self, at: 0),
      let size = contents.load(UInt64.self, at: 8)
    else { return nil }
    self.type = type
    self.size = size
  }
}
