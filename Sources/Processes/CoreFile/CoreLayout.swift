internal import ELF
package import Machine

/// The ELF header and program headers of a core (gABI chapters 4 and 5).
package struct CoreLayout {
  /// A PT_LOAD: a run of the process's addresses, and what the file holds of it.
  package struct Segment: Equatable, Sendable {
    package var start: UInt64
    package var end: UInt64
    /// PF_R, PF_W, PF_X.
    package var flags: UInt8
    package var fileOffset: UInt64
    /// How many bytes from `start` the file holds.
    package var fileSize: UInt64

    package init(start: UInt64, end: UInt64, flags: UInt8, fileOffset: UInt64 = 0, fileSize: UInt64 = 0) {
      self.start = start
      self.end = end
      self.flags = flags
      self.fileOffset = fileOffset
      self.fileSize = fileSize
    }
  }

  package static let headerSize = 64
  package static let programHeaderSize = 56
  private static let sectionHeaderSize = 64
  /// PN_XNUM: the count stands in section header 0.
  private static let extendedCount = 0xffff

  private let architecture: Architecture
  private let count: Int

  /// - Parameter count: how many segments there are, without that of the notes.
  package init(_ architecture: Architecture, count: Int) {
    self.architecture = architecture
    self.count = count + 1
  }

  private var isExtended: Bool { count >= Self.extendedCount }

  /// The size of the program headers, and of the section header that tells their number where they are many.
  package var tableSize: Int { count * Self.programHeaderSize + (isExtended ? Self.sectionHeaderSize : 0) }

  /// The ELF header.
  ///
  /// - Parameter tableOffset: where the program headers lie in the file.
  package func header(tableOffset: UInt64) -> [UInt8] {
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    put(ELFHeader.core, &bytes)
    put(architecture == .x86_64 ? ELFHeader.machineX86_64 : ELFHeader.machineAArch64, &bytes)
    put(UInt32(1), &bytes)
    put(UInt64(0), &bytes)
    put(tableOffset, &bytes)
    put(isExtended ? tableOffset + UInt64(count * Self.programHeaderSize) : 0, &bytes)
    put(UInt32(0), &bytes)
    put(UInt16(Self.headerSize), &bytes)
    put(UInt16(Self.programHeaderSize), &bytes)
    put(UInt16(clamping: isExtended ? Self.extendedCount : count), &bytes)
    put(UInt16(isExtended ? Self.sectionHeaderSize : 0), &bytes)
    put(UInt16(isExtended ? 1 : 0), &bytes)
    put(UInt16(0), &bytes)
    return bytes
  }

  /// The program headers, the notes' first.
  package func table(notesOffset: UInt64, notesSize: UInt64, segments: [Segment]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(tableSize)
    Self.programHeader(ProgramHeader.note, 0, notesOffset, 0, notesSize, 0, 4, &bytes)
    for segment in segments {
      Self.programHeader(
        ProgramHeader.load, UInt32(segment.flags), segment.fileOffset, segment.start, segment.fileSize,
        segment.end - segment.start, 4096, &bytes)
    }
    guard isExtended else { return bytes }
    // Section header 0, whose sh_info holds the number of program headers.
    bytes += [UInt8](repeating: 0, count: Self.sectionHeaderSize)
    let start = bytes.count - Self.sectionHeaderSize
    for shift in 0..<4 { bytes[start + 44 + shift] = UInt8(truncatingIfNeeded: count >> (8 * shift)) }
    bytes[start + 32] = 1
    return bytes
  }

  private static func programHeader(
    _ type: UInt32, _ flags: UInt32, _ offset: UInt64, _ address: UInt64, _ fileSize: UInt64, _ memorySize: UInt64,
    _ alignment: UInt64, _ bytes: inout [UInt8]
  ) {
    put(type, &bytes)
    put(flags, &bytes)
    put(offset, &bytes)
    put(address, &bytes)
    put(UInt64(0), &bytes)
    put(fileSize, &bytes)
    put(memorySize, &bytes)
    put(alignment, &bytes)
  }
}
