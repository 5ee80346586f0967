internal import ELF

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
      let fit = mappings.allSatisfy { mapping in loads.contains { bias(of: mapping, in: $0, pageMask) == delta } }
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
}
