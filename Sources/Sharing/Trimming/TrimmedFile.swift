internal import Bytes
internal import ELF

/// Which parts of a program's file are kept: its headers, its notes, every section that was read, whole, and of large code
/// the pages that were read.
struct TrimmedFile {
  /// Offsets in the file, in order.
  let kept: ByteRanges

  /// Code up to this size is kept whole where any of it was read.
  private static let wholeCode: UInt64 = 1 << 20
  private static let pageSize: UInt64 = 4096

  /// - Parameters:
  ///   - touched: the offsets that were read; nil where that is not known: then all is kept.
  ///   - isModule: whether the file is a module's own, which is told by its build-id or its headers; any other that has no
  ///     build-id is told by a checksum of all its bytes.
  ///   - isRedacted: whether sections with data of the program are left out.
  init(_ elf: ELFFile, touched: ByteRanges?, isModule: Bool, isRedacted: Bool) {
    let size = UInt64(elf.bytes.count)
    let sections = elf.sections
    var kept = ByteRanges()
    let isToldByParts = isModule || elf.buildID != nil
    if let touched, isToldByParts, !sections.isEmpty {
      kept.add(0, min(size, Self.pageSize))
      kept.add(
        elf.header.programHeaderOffset, UInt64(elf.header.programHeaderCount) &* UInt64(elf.header.programHeaderSize))
      for segment in elf.segments where Self.isSmallAndTelling(segment) {
        kept.add(segment.fileOffset, segment.fileSize)
      }
      for section in sections where section.type != SectionHeader.noBits && section.fileSize > 0 {
        let end = section.fileOffset.addingReportingOverflow(section.fileSize)
        guard !end.overflow else { continue }
        let range = section.fileOffset..<end.partialValue
        guard section.type == SectionHeader.note || touched.overlaps(range) else { continue }
        if section.isCode, section.fileSize > Self.wholeCode {
          kept.add(touched.clipped(to: [range]).merged(pageSize: Self.pageSize).clipped(to: [range]))
        } else {
          kept.add(range)
        }
      }
      kept.add(Self.tables(elf))
    } else {
      kept.add(0, size)
    }
    var ranges = kept.merged().clipped(to: [0..<size])
    if isRedacted {
      let secret = Self.data(elf, sections)
      ranges = ranges.clipped(to: secret.merged().complement(in: size).all)
    }
    self.kept = ranges
  }

  /// Section headers and the names of sections.
  private static func tables(_ elf: ELFFile) -> ByteRanges {
    var ranges = ByteRanges()
    ranges.add(
      elf.header.sectionHeaderOffset, elf.header.sectionHeaderCount &* UInt64(elf.header.sectionHeaderSize))
    if let names = elf.section(at: Int(elf.header.sectionNamesIndex)) { ranges.add(names.fileOffset, names.fileSize) }
    return ranges
  }

  private static func isSmallAndTelling(_ segment: ProgramHeader) -> Bool {
    [ProgramHeader.note, ProgramHeader.dynamic, ProgramHeader.interpreter].contains(segment.type)
      && segment.fileSize <= 1 << 20
  }

  /// Sections with a program's own data: constants, variables, texts.
  private static func data(_ elf: ELFFile, _ sections: [SectionHeader]) -> ByteRanges {
    var ranges = ByteRanges()
    for section in sections where section.type == 1 && section.flags & 2 != 0 && !section.isCode {
      // SHT_PROGBITS with SHF_ALLOC: .rodata, .data, .eh_frame and their like.
      let name = elf.name(of: section, in: sections)?.text ?? ""
      guard ![".eh_frame", ".eh_frame_hdr", ".interp"].contains(name) else { continue }
      ranges.add(section.fileOffset, section.fileSize)
    }
    for section in sections where section.flags & 2 == 0 && section.type == 1 {
      let name = elf.name(of: section, in: sections)?.text ?? ""
      guard !name.hasPrefix(".debug"), !name.hasPrefix(".zdebug"), !name.hasPrefix(".gnu_debug") else { continue }
      ranges.add(section.fileOffset, section.fileSize)
    }
    return ranges
  }
}

extension SectionHeader {
  /// SHF_EXECINSTR.
  fileprivate var isCode: Bool { flags & 4 != 0 }
}
