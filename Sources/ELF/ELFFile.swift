public import Bytes

/// A 64-bit little-endian ELF file, parsed in place and on demand. Nothing is believed before it is
/// checked: a table that runs beyond the file has as many entries as lie in the file.
public struct ELFFile: Sendable {
  /// The whole file.
  public let bytes: ByteView
  public let header: ELFHeader

  /// Checks the ELF header only.
  public init(_ bytes: ByteView) throws(ELFError) {
    self.bytes = bytes
    header = try ELFHeader(bytes)
  }

  /// The program headers that lie in the file.
  public var segments: [ProgramHeader] {
    let table = self.table(
      at: header.programHeaderOffset, entrySize: Int(header.programHeaderSize), count: UInt64(header.programHeaderCount)
    )
    return table.map(ProgramHeader.init)
  }

  /// The section headers that lie in the file.
  public var sections: [SectionHeader] {
    guard header.sectionHeaderOffset != 0 else { return [] }
    let table = self.table(
      at: header.sectionHeaderOffset, entrySize: Int(header.sectionHeaderSize), count: header.sectionHeaderCount)
    return table.map(SectionHeader.init)
  }

  /// Whether tables that the header speaks of lie, in part or whole, beyond the end of the file.
  public var isTruncated: Bool {
    func ends(_ offset: UInt64, _ size: UInt16, _ count: UInt64) -> Bool {
      let (length, overflow) = UInt64(size).multipliedReportingOverflow(by: count)
      let (end, beyond) = offset.addingReportingOverflow(length)
      return overflow || beyond || end > UInt64(bytes.count)
    }
    return ends(header.programHeaderOffset, header.programHeaderSize, UInt64(header.programHeaderCount))
      || header.sectionHeaderOffset != 0
        && ends(header.sectionHeaderOffset, header.sectionHeaderSize, header.sectionHeaderCount)
  }

  private func table(at offset: UInt64, entrySize: Int, count: UInt64) -> [ByteView] {
    guard entrySize > 0, let start = Int(exactly: offset), start < bytes.count else { return [] }
    let fitting = (bytes.count - start) / entrySize
    return (0..<Int(min(count, UInt64(fitting)))).compactMap { bytes.slice(start + $0 * entrySize, entrySize) }
  }

  /// The bytes of a section as they stand in the file, compressed or not; what lies in the file of them.
  /// Empty for SHT_NOBITS.
  public func contents(of section: SectionHeader) -> ByteView {
    section.type == SectionHeader.noBits ? .empty : bytes.prefix(from: section.fileOffset, atMost: section.fileSize)
  }

  /// The bytes of a segment that lie in the file.
  public func contents(of segment: ProgramHeader) -> ByteView {
    bytes.prefix(from: segment.fileOffset, atMost: segment.fileSize)
  }

  /// The name of a section, without its zero byte; nil where the file does not hold it.
  public func name(of section: SectionHeader, in sections: [SectionHeader]) -> ByteView? {
    guard Int(header.sectionNamesIndex) < sections.count else { return nil }
    return contents(of: sections[Int(header.sectionNamesIndex)]).cString(at: Int(section.nameOffset))
  }

  /// The first section called `name`.
  public func section(named name: StaticString) -> SectionHeader? {
    let sections = self.sections
    return sections.first { self.name(of: $0, in: sections)?.equals(name) == true }
  }

  /// The notes of all PT_NOTE segments, or, where there are none, of all SHT_NOTE sections.
  public var notes: [Note] {
    let inSegments = segments.filter { $0.type == ProgramHeader.note }
    if !inSegments.isEmpty {
      return inSegments.flatMap { Array(Notes(contents(of: $0), alignment: $0.alignment)) }
    }
    return sections.filter { $0.type == SectionHeader.note }
      .flatMap { Array(Notes(contents(of: $0), alignment: $0.alignment)) }
  }

  /// The bytes of the GNU build-id note, usually 20.
  public var buildID: ByteView? {
    notes.first { $0.type == Note.gnuBuildID && $0.name.equals("GNU") }?.contents
  }

  /// The symbol table of `type` (SHT_SYMTAB or SHT_DYNSYM), where its section is present and not compressed.
  public func symbols(_ type: UInt32) -> SymbolTable? {
    let sections = self.sections
    guard let section = sections.first(where: { $0.type == type }), !section.isCompressed,
      Int(section.link) < sections.count
    else { return nil }
    return SymbolTable(entries: contents(of: section), strings: contents(of: sections[Int(section.link)]))
  }
}
