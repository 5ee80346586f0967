internal import Bytes
internal import ELF
internal import Targets

/// A core that holds only some of another's memory, and all that it says of threads and mappings. It is an ELF core like
/// any: what was left out stands in its program headers with no bytes in the file.
struct TrimmedCore {
  /// The ELF header, the program headers and the notes.
  let head: [UInt8]
  /// What follows: runs of memory, each at an offset in the file.
  let runs: [Run]
  /// The size of the whole file.
  let size: UInt64

  struct Run {
    let address: UInt64
    let count: UInt64
    let fileOffset: UInt64
  }

  private static let headerSize = 64
  private static let programHeaderSize = 56
  private static let sectionHeaderSize = 64
  private static let pageSize: UInt64 = 4096
  /// PN_XNUM: the count stands in section header 0.
  private static let extendedCount = 0xffff

  /// - Parameter notes: the contents of the note segments, each with its alignment.
  init(_ target: CoreTarget, machine: UInt16, kept: ByteRanges, notes: [(contents: [UInt8], alignment: UInt64)]) {
    let pieces = Self.pieces(target.originalSegments, kept)
    let count = notes.count + pieces.count
    let isExtended = count >= Self.extendedCount
    var offset = UInt64(Self.headerSize + count * Self.programHeaderSize + (isExtended ? Self.sectionHeaderSize : 0))
    var table = ELFBytes()
    var noteBytes: [UInt8] = []
    for note in notes {
      offset = (offset + 7) & ~7
      table.programHeader(
        type: ProgramHeader.note, flags: 0, offset: offset, address: 0, fileSize: UInt64(note.contents.count),
        memorySize: 0, alignment: note.alignment)
      let padding =
        Int(offset) - Self.headerSize - count * Self.programHeaderSize
        - (isExtended ? Self.sectionHeaderSize : 0) - noteBytes.count
      noteBytes += [UInt8](repeating: 0, count: padding) + note.contents
      offset += UInt64(note.contents.count)
    }
    offset = (offset + Self.pageSize - 1) & ~(Self.pageSize - 1)
    var runs: [Run] = []
    for piece in pieces {
      let isKept = piece.kept > 0
      table.programHeader(
        type: ProgramHeader.load, flags: UInt32(piece.flags), offset: isKept ? offset : 0, address: piece.start,
        fileSize: piece.kept, memorySize: piece.end - piece.start, alignment: Self.pageSize)
      guard isKept else { continue }
      runs.append(Run(address: piece.start, count: piece.kept, fileOffset: offset))
      offset = (offset + piece.kept + Self.pageSize - 1) & ~(Self.pageSize - 1)
    }
    var head = ELFBytes()
    head.coreHeader(
      machine: machine, programHeaderCount: isExtended ? Self.extendedCount : count,
      sectionHeaderOffset: isExtended ? UInt64(Self.headerSize + count * Self.programHeaderSize) : 0)
    head.bytes += table.bytes
    if isExtended { head.countSection(UInt32(count)) }
    self.head = head.bytes + noteBytes
    self.runs = runs
    size = offset
  }

  /// A part of a segment, which begins with `kept` bytes that the file holds.
  private struct Piece {
    let start: UInt64
    let end: UInt64
    let flags: UInt8
    let kept: UInt64
  }

  /// Segments, cut so that each piece begins with what is kept of it.
  private static func pieces(_ segments: [CoreSegment], _ kept: ByteRanges) -> [Piece] {
    var pieces: [Piece] = []
    var index = 0
    for segment in segments {
      var position = segment.start
      while index < kept.all.count, kept.all[index].upperBound <= segment.start { index += 1 }
      var next = index
      while next < kept.all.count, kept.all[next].lowerBound < segment.end {
        let range = kept.all[next].clamped(to: segment.start..<segment.end)
        if position < range.lowerBound {
          if let last = pieces.last, last.end == position, last.start >= segment.start, last.kept > 0 {
            // What follows what is kept belongs to the piece before.
            pieces[pieces.count - 1] = Piece(
              start: last.start, end: range.lowerBound, flags: last.flags, kept: last.kept)
          } else {
            pieces.append(Piece(start: position, end: range.lowerBound, flags: segment.flags, kept: 0))
          }
        }
        pieces.append(
          Piece(
            start: range.lowerBound, end: range.upperBound, flags: segment.flags,
            kept: range.upperBound - range.lowerBound))
        position = range.upperBound
        next += 1
      }
      guard position < segment.end else { continue }
      if position > segment.start, let last = pieces.last {
        pieces[pieces.count - 1] = Piece(start: last.start, end: segment.end, flags: last.flags, kept: last.kept)
      } else {
        pieces.append(Piece(start: position, end: segment.end, flags: segment.flags, kept: 0))
      }
    }
    return pieces
  }
}

/// Little-endian parts of an ELF file (gABI chapters 4 and 5).
private struct ELFBytes {
  var bytes: [UInt8] = []

  mutating func put<T: FixedWidthInteger>(_ value: T) {
    for shift in 0..<MemoryLayout<T>.size { bytes.append(UInt8(truncatingIfNeeded: value >> T(8 * shift))) }
  }

  mutating func coreHeader(machine: UInt16, programHeaderCount: Int, sectionHeaderOffset: UInt64) {
    bytes += [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    put(ELFHeader.core)
    put(machine)
    put(UInt32(1))
    put(UInt64(0))
    put(UInt64(64))
    put(sectionHeaderOffset)
    put(UInt32(0))
    put(UInt16(64))
    put(UInt16(56))
    put(UInt16(clamping: programHeaderCount))
    put(UInt16(sectionHeaderOffset == 0 ? 0 : 64))
    put(UInt16(sectionHeaderOffset == 0 ? 0 : 1))
    put(UInt16(0))
  }

  mutating func programHeader(
    type: UInt32, flags: UInt32, offset: UInt64, address: UInt64, fileSize: UInt64, memorySize: UInt64,
    alignment: UInt64
  ) {
    put(type)
    put(flags)
    put(offset)
    put(address)
    put(UInt64(0))
    put(fileSize)
    put(memorySize)
    put(alignment)
  }

  /// Section header 0, whose sh_info holds the number of program headers.
  mutating func countSection(_ count: UInt32) {
    put(UInt32(0))
    put(UInt32(0))
    put(UInt64(0))
    put(UInt64(0))
    put(UInt64(0))
    put(UInt64(1))
    put(UInt32(0))
    put(count)
    put(UInt64(0))
    put(UInt64(0))
  }
}
