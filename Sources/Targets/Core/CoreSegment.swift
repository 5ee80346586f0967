internal import Bytes
internal import ELF

/// A PT_LOAD of a core: a run of the target's addresses and what the file holds of it.
package struct CoreSegment: Sendable, Equatable {
  package let start: UInt64
  /// After the last address.
  package let end: UInt64
  /// PF_R, PF_W, PF_X as in p_flags.
  package let flags: UInt8
  /// Where the bytes from `start` lie in the file.
  package let fileOffset: UInt64
  /// How many bytes the program header states, and how many of them lie in the file.
  package let statedSize: UInt64
  package let dumpedSize: UInt64

  package init(
    start: UInt64, end: UInt64, flags: UInt8, fileOffset: UInt64, statedSize: UInt64, dumpedSize: UInt64
  ) {
    self.start = start
    self.end = end
    self.flags = flags
    self.fileOffset = fileOffset
    self.statedSize = statedSize
    self.dumpedSize = dumpedSize
  }
}

/// All PT_LOADs of a core, by address and without overlap.
struct CoreSegments {
  private(set) var all: [CoreSegment] = []
  /// How many bytes the program headers state and the file does not hold.
  private(set) var missingBytes: UInt64 = 0
  /// How many segments lie, in part or whole, over another.
  private(set) var overlapping = 0
  /// How many segments make no sense: they end beyond the address space.
  private(set) var invalid = 0

  init(_ headers: [ProgramHeader], fileSize: Int) {
    let size = UInt64(fileSize)
    var isSorted = true
    all.reserveCapacity(headers.count)
    for header in headers where header.type == ProgramHeader.load && header.memorySize > 0 {
      let end = header.address.addingReportingOverflow(header.memorySize)
      guard !end.overflow else {
        invalid += 1
        continue
      }
      let stated = min(header.fileSize, header.memorySize)
      let available = header.fileOffset >= size ? 0 : size - header.fileOffset
      let dumped = min(stated, available)
      let missing = missingBytes.addingReportingOverflow(stated - dumped)
      missingBytes = missing.overflow ? UInt64.max : missing.partialValue
      if let last = all.last, header.address < last.end { isSorted = false }
      all.append(
        CoreSegment(
          start: header.address, end: end.partialValue, flags: UInt8(header.flags & 7), fileOffset: header.fileOffset,
          statedSize: stated, dumpedSize: dumped))
    }
    if !isSorted { sort() }
  }

  /// The segments of the core that a trimmed one was made of, which says of each how much of it was dumped then.
  init(original: [CoreSegment]) {
    for segment in original {
      let missing = missingBytes.addingReportingOverflow(segment.statedSize - segment.dumpedSize)
      missingBytes = missing.overflow ? UInt64.max : missing.partialValue
    }
    all = original
  }

  /// Sorts by address. Of two that overlap, the one that starts first stays whole (of equal ones the first in
  /// the file), and the other keeps what lies beyond it.
  private mutating func sort() {
    let order = all.indices.sorted { (all[$0].start, $0) < (all[$1].start, $1) }
    var kept: [CoreSegment] = []
    kept.reserveCapacity(all.count)
    for index in order {
      let segment = all[index]
      guard let last = kept.last, segment.start < last.end else {
        kept.append(segment)
        continue
      }
      overlapping += 1
      if segment.end > last.end { kept.append(segment.dropping(last.end - segment.start)) }
    }
    all = kept
  }
}

extension CoreSegment {
  /// The segment without its first `count` bytes, which are fewer than it has.
  fileprivate func dropping(_ count: UInt64) -> CoreSegment {
    CoreSegment(
      start: start + count, end: end, flags: flags, fileOffset: fileOffset &+ count,
      statedSize: statedSize - min(statedSize, count), dumpedSize: dumpedSize - min(dumpedSize, count))
  }
}
