internal import Bytes
public import ELF

/// Whether a file can be the one that a target had mapped, judged by its program headers alone: the test
/// for files whose build-id cannot be compared.
enum LayoutAgreement {
  /// Every mapping must lie within one PT_LOAD of the file, all with the same bias, and every PT_LOAD that
  /// has bytes in the file must have been mapped from its first page.
  ///
  /// - Returns: false too where there are no mappings to compare with.
  static func holds(for file: ELFFile, mappings: [FileMapping]) -> Bool {
    let loads = file.segments.filter { $0.type == ProgramHeader.load && $0.fileSize > 0 }
    guard !loads.isEmpty, loads.count <= 64, let first = mappings.first else { return false }
    let pageMask = file.header.machine == ELFHeader.machineAArch64 ? largestPageMask : smallestPageMask
    // Any load segment may be the first mapping's; the one that gives all others a place decides.
    for load in loads {
      guard let delta = bias(of: first, in: load, pageMask) else { continue }
      let fit = mappings.allSatisfy { mapping in
        isRemnant(mapping, of: loads[0], bias: delta, pageMask)
          || loads.contains { bias(of: mapping, in: $0, pageMask) == delta }
      }
      let covered = loads.allSatisfy { segment in
        mappings.contains {
          $0.fileOffset <= segment.fileOffset && segment.fileOffset - $0.fileOffset <= pageMask
            && bias(of: $0, in: segment, pageMask) == delta
        }
      }
      if fit && covered { return true }
    }
    return false
  }

  /// Whether the mapping is what the dynamic linker left in a hole between segments: it maps the whole length
  /// of a module with the first segment's offset, then the other segments over that (glibc `elf/dl-map-segments.h`).
  private static func isRemnant(
    _ mapping: FileMapping, of first: ProgramHeader, bias: UInt64, _ pageMask: UInt64
  ) -> Bool {
    let start = bias &+ (first.address & ~pageMask)
    return mapping.start > start && mapping.start &- start == mapping.fileOffset &- (first.fileOffset & ~pageMask)
  }

  /// The pages of x86-64, 4 KiB, less one.
  private static let smallestPageMask: UInt64 = 0xfff
  /// The largest pages of aarch64, 64 KiB, less one.
  private static let largestPageMask: UInt64 = 0xffff

  /// The bias that the mapping gives the segment, or nil where it does not lie in it.
  private static func bias(of mapping: FileMapping, in segment: ProgramHeader, _ pageMask: UInt64) -> UInt64? {
    let begin = segment.fileOffset & ~pageMask
    let (end, overflow) = segment.fileOffset.addingReportingOverflow(segment.fileSize)
    guard !overflow, end <= UInt64.max - pageMask, mapping.end > mapping.start else { return nil }
    let (mappingEnd, wraps) = mapping.fileOffset.addingReportingOverflow(mapping.end - mapping.start)
    guard !wraps, mapping.fileOffset >= begin, mappingEnd <= (end + pageMask) & ~pageMask else { return nil }
    return mapping.start &- (segment.address &- segment.fileOffset &+ mapping.fileOffset)
  }

  /// All segments must be mapped, and the dynamic section in the target must be the file's: with the same tags, and
  /// the same values of those that are sizes, counts and names' offsets, which the dynamic linker never changes.
  ///
  /// A file without a dynamic section has nothing to be compared but its segments' places.
  static func holds(for file: ELFFile, bias: UInt64, memory: any ModuleMemory) -> Bool {
    let segments = file.segments
    let loads = segments.filter { $0.type == ProgramHeader.load && $0.memorySize > 0 }
    guard !loads.isEmpty, loads.count <= 64,
      loads.allSatisfy({
        memory.isMapped(bias &+ $0.address) && memory.isMapped(bias &+ $0.address &+ $0.memorySize &- 1)
      })
    else { return false }
    guard let segment = segments.first(where: { $0.type == ProgramHeader.dynamic }) else { return true }
    let own = file.contents(of: segment).prefix(from: 0, atMost: maximumDynamicSection)
    let theirs = memory.dumpedBytes(at: bias &+ segment.address, atMost: own.count)
    var offset = 0
    while let tag = own.load(UInt64.self, at: offset), let value = own.load(UInt64.self, at: offset + 8) {
      guard theirs.load(UInt64.self, at: offset) == tag else { return false }
      if tag == 0 { return offset > 0 }
      if unchangedTags.contains(tag), theirs.load(UInt64.self, at: offset + 8) != value { return false }
      offset += 16
    }
    return false
  }

  private static let maximumDynamicSection: UInt64 = 16_384

  /// DT_NEEDED, DT_PLTRELSZ, DT_RELASZ, DT_RELAENT, DT_STRSZ, DT_SYMENT, DT_SONAME, DT_INIT_ARRAYSZ,
  /// DT_FINI_ARRAYSZ, DT_RELRSZ, DT_RELACOUNT.
  private static let unchangedTags: Set<UInt64> = [1, 2, 8, 9, 10, 11, 14, 27, 28, 35, 0x6fff_fff9]
}

extension Launch {
  /// What is added to an address that the linker of `file` stated to give one in the target, if `file` can be the
  /// executable: it has as many program headers, and its entry is as far from them. nil where it is another.
  public func bias(of file: ELFFile) -> UInt64? {
    guard headerCount == UInt64(file.header.programHeaderCount),
      let first = file.segments.first(where: { $0.type == ProgramHeader.load && $0.fileOffset == 0 })
    else { return nil }
    let bias = headers &- (first.address &+ file.header.programHeaderOffset)
    return bias &+ file.header.entry == entry && bias & 0xfff == 0 ? bias : nil
  }
}
