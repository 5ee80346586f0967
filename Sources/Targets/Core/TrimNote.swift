internal import Bytes

/// The note that a trimmed core carries: which segments the core had that it was made of. Its own program headers speak
/// only of the pieces that were kept.
///
/// The owner is "INQUEST", the type 1; the contents are a version and the number of segments, four bytes each, then of
/// each segment its first address, the one after its last, its flags (p_flags), how many bytes its header stated, and how
/// many of them the file held, eight bytes each.
package enum TrimNote {
  package static let owner: StaticString = "INQUEST"
  package static let type: UInt32 = 1
  private static let version: UInt32 = 1
  private static let entrySize = 40

  /// The contents of the note about `segments`, which are in order.
  package static func contents(_ segments: [CoreSegment]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + segments.count * entrySize)
    func append<T: FixedWidthInteger>(_ value: T) {
      for shift in 0..<MemoryLayout<T>.size { bytes.append(UInt8(truncatingIfNeeded: value >> T(8 * shift))) }
    }
    append(version)
    append(UInt32(clamping: segments.count))
    for segment in segments {
      append(segment.start)
      append(segment.end)
      append(UInt64(segment.flags))
      append(segment.statedSize)
      append(segment.dumpedSize)
    }
    return bytes
  }

  /// The segments that a note tells of; nil where it is of another version, cut, or contradicts itself.
  static func segments(_ note: ByteView) -> [CoreSegment]? {
    guard note.load(UInt32.self, at: 0) == version, let count = note.load(UInt32.self, at: 4),
      Int(count) <= (note.count - 8) / entrySize
    else { return nil }
    var segments: [CoreSegment] = []
    segments.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      let offset = 8 + index * entrySize
      guard let start = note.load(UInt64.self, at: offset), let end = note.load(UInt64.self, at: offset + 8),
        let flags = note.load(UInt64.self, at: offset + 16), let stated = note.load(UInt64.self, at: offset + 24),
        let dumped = note.load(UInt64.self, at: offset + 32), start < end, start >= segments.last?.end ?? 0,
        stated <= end - start, dumped <= stated
      else { return nil }
      segments.append(
        CoreSegment(
          start: start, end: end, flags: UInt8(flags & 7), fileOffset: 0, statedSize: stated, dumpedSize: dumped))
    }
    return segments
  }
}
