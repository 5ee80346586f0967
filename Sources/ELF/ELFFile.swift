public import Bytes

/// A 64-bit little-endian ELF file, parsed in place and on demand. Nothing is believed before it is
/// checked: a table that runs beyond the file has as many entries as lie in the file.
public struct ELFFile: Sendable {
  /// The whole file.
  public let bytes: ByteView
  /// The file's header.
  public let header: ELFHeader

  /// What this copy of the file does not hold, as offsets, in order: zeros stand in ``bytes`` there. Sections and segments
  /// that reach into it read as empty.
  package let absent: [Range<Int>]

  /// Checks the ELF header only.
  public init(_ bytes: ByteView) throws(ELFError) { try self.init(bytes, absent: []) }

  /// Checks the ELF header only.
  ///
  /// - Parameter absent: what the copy does not hold, as offsets, in order and without overlap.
  package init(_ bytes: ByteView, absent: [Range<Int>]) throws(ELFError) {
    self.bytes = bytes
    self.absent = absent
    header = try ELFHeader(bytes)
  }

  /// Whether this copy holds all `size` bytes at `offset`.
  package func holds(_ offset: UInt64, _ size: UInt64) -> Bool {
    guard !absent.isEmpty else { return true }
    guard let start = Int(exactly: offset), let size = Int(exactly: size) else { return false }
    let (end, overflow) = start.addingReportingOverflow(size)
    let index = absent.partitioningIndex { $0.upperBound > start }
    return !overflow && (index == absent.count || absent[index].lowerBound >= end)
  }

  /// More program or section headers than any file has are not read: the size of a sparse file sets no bound.
  static let maximumEntries = 1 << 20

  /// The program headers that lie in the file.
  public var segments: [ProgramHeader] {
    let size = Int(header.programHeaderSize)
    let count = fitting(at: header.programHeaderOffset, size, count: UInt64(header.programHeaderCount))
    var segments: [ProgramHeader] = []
    segments.reserveCapacity(count)
    for index in 0..<count {
      guard let entry = entry(index, at: header.programHeaderOffset, size) else { break }
      segments.append(ProgramHeader(entry))
    }
    return segments
  }

  /// The section headers that lie in the file.
  public var sections: [SectionHeader] { (0..<sectionCount).compactMap(section(at:)) }

  /// How many section headers lie in the file.
  public var sectionCount: Int {
    header.sectionHeaderOffset == 0
      ? 0
      : fitting(at: header.sectionHeaderOffset, Int(header.sectionHeaderSize), count: header.sectionHeaderCount)
  }

  /// The section header at `index`; nil where the file does not hold it.
  public func section(at index: Int) -> SectionHeader? {
    guard index >= 0, index < sectionCount else { return nil }
    return entry(index, at: header.sectionHeaderOffset, Int(header.sectionHeaderSize)).map(SectionHeader.init)
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

  /// How many of `count` entries of a table lie in the file.
  private func fitting(at offset: UInt64, _ size: Int, count: UInt64) -> Int {
    guard size > 0, let start = Int(exactly: offset), start < bytes.count else { return 0 }
    return min((bytes.count - start) / size, Int(clamping: count), Self.maximumEntries)
  }

  /// The entry of a table whose `index` is less than ``fitting(at:_:count:)``.
  private func entry(_ index: Int, at offset: UInt64, _ size: Int) -> ByteView? {
    bytes.slice(Int(clamping: offset) + index * size, size)
  }

  /// The bytes of a section as they stand in the file, compressed or not; what lies in the file of them.
  /// Empty for SHT_NOBITS.
  public func contents(of section: SectionHeader) -> ByteView {
    section.type == SectionHeader.noBits || !holds(section.fileOffset, section.fileSize)
      ? .empty : bytes.prefix(from: section.fileOffset, atMost: section.fileSize)
  }

  /// The bytes of a segment that lie in the file.
  public func contents(of segment: ProgramHeader) -> ByteView {
    holds(segment.fileOffset, segment.fileSize)
      ? bytes.prefix(from: segment.fileOffset, atMost: segment.fileSize) : .empty
  }

  /// The name of a section, without its zero byte; nil where the file does not hold it.
  public func name(of section: SectionHeader) -> ByteView? {
    self.section(at: Int(header.sectionNamesIndex)).flatMap { contents(of: $0).cString(at: Int(section.nameOffset)) }
  }

  /// The name of a section, without its zero byte; nil where the file does not hold it.
  public func name(of section: SectionHeader, in sections: [SectionHeader]) -> ByteView? {
    guard Int(header.sectionNamesIndex) < sections.count else { return nil }
    return contents(of: sections[Int(header.sectionNamesIndex)]).cString(at: Int(section.nameOffset))
  }

  /// The first section called `name`.
  public func section(named name: StaticString) -> SectionHeader? {
    guard let namesHeader = section(at: Int(header.sectionNamesIndex)) else { return nil }
    let names = contents(of: namesHeader)
    for index in 0..<sectionCount {
      guard let section = section(at: index) else { return nil }
      if names.holds(name, at: Int(section.nameOffset)) { return section }
    }
    return nil
  }

  /// The notes of all PT_NOTE segments, or, where there are none, of all SHT_NOTE sections.
  ///
  /// No more bytes are read than the file has, however often its headers name the same ones.
  public var notes: [Note] {
    let inSegments = segments.filter { $0.type == ProgramHeader.note }
    let places =
      inSegments.isEmpty
      ? sections.filter { $0.type == SectionHeader.note }.map { (contents(of: $0), $0.alignment) }
      : inSegments.map { (contents(of: $0), $0.alignment) }
    var notes: [Note] = []
    var budget = bytes.count
    for (contents, alignment) in places where contents.count <= budget {
      budget -= contents.count
      notes += Notes(contents, alignment: alignment)
    }
    return notes
  }

  /// The bytes of the GNU build-id note, usually 20.
  public var buildID: ByteView? {
    notes.first { $0.type == Note.gnuBuildID && $0.name.equals("GNU") }?.contents
  }

  /// The symbol table of `type` (SHT_SYMTAB or SHT_DYNSYM), where its section is present and not compressed.
  public func symbols(_ type: UInt32) -> SymbolTable? {
    guard let section = sections.first(where: { $0.type == type }), !section.isCompressed,
      let strings = self.section(at: Int(section.link))
    else { return nil }
    return SymbolTable(entries: contents(of: section), strings: contents(of: strings))
  }
}

extension ByteView {
  /// Whether `text` and a zero byte stand at `offset`.
  fileprivate func holds(_ text: StaticString, at offset: Int) -> Bool {
    guard let found = slice(offset, text.utf8CodeUnitCount), found.equals(text) else { return false }
    return load(UInt8.self, at: offset + text.utf8CodeUnitCount) == 0
  }
}
