internal import Bytes

/// The ELF header of a 64-bit little-endian file, with the counts that did not fit into its 16-bit fields
/// taken from section header 0 (gABI chapter 4, "ELF Header"; PN_XNUM: Linux `include/uapi/linux/elf.h`).
public struct ELFHeader: Sendable {
  /// e_type.
  public let type: UInt16
  /// e_machine.
  public let machine: UInt16
  /// e_entry, an address as the linker stated it.
  public let entry: UInt64
  /// e_phoff, a file offset.
  public let programHeaderOffset: UInt64
  /// e_phentsize: a program header's size in bytes.
  public let programHeaderSize: UInt16
  /// The true number of program headers that the file states, sh_info of section 0 where e_phnum is PN_XNUM.
  public let programHeaderCount: UInt32
  /// e_shoff, a file offset.
  public let sectionHeaderOffset: UInt64
  /// e_shentsize: a section header's size in bytes.
  public let sectionHeaderSize: UInt16
  /// The true number of section headers that the file states.
  public let sectionHeaderCount: UInt64
  /// The index of the section with the names of sections.
  public let sectionNamesIndex: UInt32

  /// ET_EXEC, ET_DYN and ET_CORE.
  public static let executable: UInt16 = 2
  /// ET_DYN: a shared object, or an executable that may lie anywhere.
  public static let sharedObject: UInt16 = 3
  /// ET_CORE.
  public static let core: UInt16 = 4
  /// EM_X86_64 and EM_AARCH64.
  public static let machineX86_64: UInt16 = 62
  /// EM_AARCH64.
  public static let machineAArch64: UInt16 = 183

  static let size = 64
  /// e_phnum of a file with 65,535 program headers or more.
  private static let extendedCount: UInt16 = 0xffff

  init(_ bytes: ByteView) throws(ELFError) {
    guard bytes.load(UInt32.self, at: 0) == 0x464c_457f else { throw .notELF }
    guard bytes.count >= Self.size else { throw .headerTruncated(size: bytes.count) }
    func field<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ offset: Int) -> T {
      bytes.load(type, at: offset) ?? 0
    }
    let elfClass = field(UInt8.self, 4)
    guard elfClass == 2 else { throw .unsupportedClass(elfClass) }
    let order = field(UInt8.self, 5)
    guard order == 1 else { throw .unsupportedByteOrder(order) }
    type = field(UInt16.self, 16)
    machine = field(UInt16.self, 18)
    entry = field(UInt64.self, 24)
    programHeaderOffset = field(UInt64.self, 32)
    sectionHeaderOffset = field(UInt64.self, 40)
    programHeaderSize = field(UInt16.self, 54)
    sectionHeaderSize = field(UInt16.self, 58)
    let statedSegments = field(UInt16.self, 56)
    let statedSections = field(UInt16.self, 60)
    let statedNames = field(UInt16.self, 62)
    guard statedSegments == 0 || programHeaderSize >= ProgramHeader.size else {
      throw .entrySize(programHeaderSize, table: "e_phentsize")
    }
    guard sectionHeaderOffset == 0 || statedSections == 0 || sectionHeaderSize >= SectionHeader.size else {
      throw .entrySize(sectionHeaderSize, table: "e_shentsize")
    }
    let first =
      sectionHeaderOffset == 0
      ? nil : bytes.slice(sectionHeaderOffset, UInt64(SectionHeader.size)).map(SectionHeader.init)
    programHeaderCount =
      statedSegments == Self.extendedCount
      ? first?.info ?? Self.countBeforeNotes(bytes, programHeaderOffset) ?? UInt32(statedSegments)
      : UInt32(statedSegments)
    sectionHeaderCount = statedSections == 0 ? first?.fileSize ?? 0 : UInt64(statedSections)
    sectionNamesIndex = statedNames == 0xffff ? first?.link ?? 0 : UInt32(statedNames)
  }

  /// The number of program headers of a core whose end, and with it section header 0, was cut off: the kernel writes
  /// the notes, whose header comes first, right behind the program headers (Linux `fs/binfmt_elf.c`, elf_core_dump).
  private static func countBeforeNotes(_ bytes: ByteView, _ offset: UInt64) -> UInt32? {
    guard let first = bytes.slice(offset, UInt64(ProgramHeader.size)).map(ProgramHeader.init),
      first.type == ProgramHeader.note, first.fileOffset > offset
    else { return nil }
    let size = first.fileOffset - offset
    guard size % UInt64(ProgramHeader.size) == 0, size / UInt64(ProgramHeader.size) >= extendedCount else { return nil }
    return UInt32(exactly: size / UInt64(ProgramHeader.size))
  }
}
