internal import Bytes
internal import ELF
public import Machine
internal import Synchronization

/// The memory of a core: the bytes that were dumped, in place, and, for pages which were not dumped because
/// they are a file's, that file's bytes.
@safe
public final class CoreMemory: TargetMemory {
  /// Readable runs, by address, without overlap.
  private let runs: [Run]
  /// What runs lie in: the core, then the files.
  private let sources: [ByteView]
  /// Where memory is read that is in no run: of a process whose memory was copied in part; nil for a file.
  private let beyond: (any TargetMemory)?
  /// The run that was found last: most look-ups follow one another closely.
  private let last = Atomic<Int>(0)

  /// A contiguous readable run.
  struct Run {
    let start: UInt64
    /// After the last address.
    var end: UInt64
    /// An index in the sources; 0 is the core.
    let source: Int
    /// The offset in the source of the byte at `start`.
    let offset: UInt64
  }

  /// - Parameters:
  ///   - core: the whole core file.
  ///   - files: bytes of files, and the runs that they stand for, whose `source` counts from 0. A run must not
  ///     overlap what was dumped.
  ///   - beyond: is asked for what lies in no run.
  init(
    core: ByteView, segments: [CoreSegment], files: [ByteView] = [], fileRuns: [Run] = [],
    beyond: (any TargetMemory)? = nil
  ) {
    self.beyond = beyond
    var runs: [Run] = []
    runs.reserveCapacity(segments.count)
    for segment in segments where segment.dumpedSize > 0 {
      if let last = runs.last, last.end == segment.start, last.offset &+ (last.end - last.start) == segment.fileOffset {
        // What follows in the file as in memory is read in one piece.
        runs[runs.count - 1].end = segment.start + segment.dumpedSize
      } else {
        runs.append(
          Run(start: segment.start, end: segment.start + segment.dumpedSize, source: 0, offset: segment.fileOffset))
      }
    }
    if !fileRuns.isEmpty {
      runs += fileRuns.map { Run(start: $0.start, end: $0.end, source: $0.source + 1, offset: $0.offset) }
      runs.sort { $0.start < $1.start }
    }
    self.runs = runs
    sources = [core] + files
  }

  public func window(containing address: UInt64) -> MemoryWindow? {
    var index = last.load(ordering: .relaxed)
    if index >= runs.count || address < runs[index].start || address >= runs[index].end {
      index = runs.partitioningIndex { $0.end > address }
      guard index < runs.count, address >= runs[index].start else { return windowBeyond(address, before: index) }
      last.store(index, ordering: .relaxed)
    }
    let run = runs[index]
    // Every run was clipped to its source.
    guard let bytes = sources[run.source].slice(run.offset, run.end - run.start) else { return nil }
    return MemoryWindow(start: run.start, bytes: bytes)
  }

  /// A window of what lies between two runs: a run's own bytes are the ones that count.
  private func windowBeyond(_ address: UInt64, before index: Int) -> MemoryWindow? {
    guard let window = beyond?.window(containing: address) else { return nil }
    let start = max(window.start, index > 0 ? runs[index - 1].end : 0)
    let end = min(window.end, index < runs.count ? runs[index].start : .max)
    guard start <= address, address < end else { return nil }
    return window.bytes.slice(start - window.start, end - start).map { MemoryWindow(start: start, bytes: $0) }
  }

  /// Whether the byte at `address` comes from the dump itself; false where it comes from a file, or from nowhere.
  public func isDumped(_ address: UInt64) -> Bool {
    let index = runs.partitioningIndex { $0.end > address }
    return index < runs.count && address >= runs[index].start && runs[index].source == 0
  }
}
