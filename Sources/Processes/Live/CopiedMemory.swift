package import Bytes
internal import Targets

/// What was copied of a process's memory, laid out as a core file: the runs at offsets of the buffer, the tables behind
/// them, so that nothing is copied a second time.
package final class CopiedMemory {
  private let buffer: ReservedMemory
  private let process: Int32
  /// Room for program headers and notes.
  private let tableRoom: Int
  /// By address.
  private var runs: [CoreLayout.Segment] = []
  private var copied = PageRanges()

  /// Address space is reserved for so much, or, where there is none, for less; memory is taken for what is copied.
  private static let capacities = [640 << 20, 160 << 20, 40 << 20]

  /// - Parameter process: its id, or that of a thread which has not ended.
  /// - Throws: ``ProcessError/noMemory(errno:)``.
  package init(process: Int32) throws(ProcessError) {
    self.process = process
    var made: ReservedMemory?
    for capacity in Self.capacities.dropLast() where made == nil {
      do throws(ProcessError) {
        made = try ReservedMemory.make(capacity: capacity)
      } catch {
        // Less may do.
        continue
      }
    }
    if let made {
      buffer = made
    } else {
      buffer = try ReservedMemory.make(capacity: Self.capacities[Self.capacities.count - 1])
    }
    tableRoom = buffer.count / 4
    buffer.skip(to: 4096)
  }

  /// In bytes.
  package var size: UInt64 { copied.size }

  /// Copies pages; what was copied before, cannot be read, or does not fit any more, is left out.
  ///
  /// - Parameter limit: no more than so many bytes.
  package func copy(_ wanted: PageRanges, limit: UInt64) {
    // Larger pieces are no faster, and one page that cannot be read ends a piece.
    let most: UInt64 = 1 << 24
    var left = min(limit, UInt64(max(0, buffer.room - tableRoom)))
    var pieces: [Range<UInt64>] = []
    for range in wanted.subtracting(copied).all {
      var start = range.lowerBound
      while start < range.upperBound, left > 0 {
        let size = min(range.upperBound - start, most, left & ~4095)
        guard size > 0 else { break }
        pieces.append(start..<start + size)
        start += size
        left -= size
      }
    }
    var done: [Range<UInt64>] = []
    var next = 0
    while next < pieces.count {
      var offset = UInt64(buffer.used)
      guard var count = buffer.append(pieces[next...], of: process).map(UInt64.init) else { break }
      while next < pieces.count, count >= pieces[next].upperBound - pieces[next].lowerBound {
        let size = pieces[next].upperBound - pieces[next].lowerBound
        add(pieces[next], offset)
        done.append(pieces[next])
        offset += size
        count -= size
        next += 1
      }
      guard next < pieces.count else { break }
      // Up to the page that cannot be read, and on behind it.
      let whole = count & ~4095
      if whole > 0 {
        add(pieces[next].lowerBound..<pieces[next].lowerBound + whole, offset)
        done.append(pieces[next].lowerBound..<pieces[next].lowerBound + whole)
      }
      let behind = pieces[next].lowerBound + whole + 4096
      if behind < pieces[next].upperBound {
        pieces[next] = behind..<pieces[next].upperBound
      } else {
        next += 1
      }
    }
    copied = copied.union(PageRanges(done))
    runs.sort { $0.start < $1.start }
  }

  private func add(_ range: Range<UInt64>, _ offset: UInt64) {
    runs.append(
      CoreLayout.Segment(
        start: range.lowerBound, end: range.upperBound, flags: 6, fileOffset: offset,
        fileSize: range.upperBound - range.lowerBound))
  }

  /// The bytes at `address`, as far as they were copied in one run.
  package func bytes(at address: UInt64, atMost count: Int) -> ByteView {
    let index = runs.partitioningIndex { $0.end > address }
    guard index < runs.count, runs[index].start <= address else { return .empty }
    let run = runs[index]
    let skipped = address - run.start
    return ByteView(buffer).prefix(from: run.fileOffset + skipped, atMost: min(UInt64(count), run.fileSize - skipped))
  }

  /// The whole as a core that holds only this of the process's memory. Nothing may be copied after this.
  ///
  /// - Returns: nil where the tables do not fit.
  package func core(_ image: ProcessImage) -> ByteView? {
    var notes = image.notes
    notes.note(TrimNote.owner, TrimNote.type, TrimNote.contents(image.segments))
    let layout = CoreLayout(image.architecture, count: runs.count)
    let notesOffset = UInt64((buffer.used + 7) & ~7)
    buffer.skip(to: Int(notesOffset))
    guard buffer.append(notes.bytes) else { return nil }
    let tableOffset = (buffer.used + 7) & ~7
    buffer.skip(to: tableOffset)
    let table = layout.table(notesOffset: notesOffset, notesSize: UInt64(notes.bytes.count), segments: runs)
    guard buffer.append(table), buffer.write(layout.header(tableOffset: UInt64(tableOffset)), at: 0) else { return nil }
    return buffer.written
  }
}

extension ProcessImage {
  /// All notes of its core.
  package var notes: CoreNoteWriter {
    CoreNoteWriter(
      process: ownID, facts: facts, architecture: architecture, threads: threads, mappings: mappings,
      vector: auxiliaryVector, commandLine: commandLine)
  }

  /// Its address space as a core's program headers would state it: all of what may have been written to, and nothing of
  /// what is a file's.
  var segments: [CoreSegment] {
    mappings.entries.map { entry in
      let isDumped = entry.permissions.contains(.read) && (entry.permissions.contains(.write) || !entry.isFile)
      let size = isDumped ? entry.size : 0
      return CoreSegment(
        start: entry.start, end: entry.end, flags: entry.permissions.rawValue, fileOffset: 0, statedSize: size,
        dumpedSize: size)
    }
  }
}
