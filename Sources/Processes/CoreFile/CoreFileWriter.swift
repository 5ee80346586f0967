internal import Bytes
internal import Machine
internal import Targets

/// Writes the core of a process that stands still: as the kernel would, and with all that it leaves out by default which
/// costs nothing, the first page of each file.
package struct CoreFileWriter {
  private let image: ProcessImage
  private let memory: ProcessMemory

  /// What is read and written at once, in bytes.
  private static let chunk: UInt64 = 1 << 20
  private static let pageSize: UInt64 = 4096

  package init(_ image: ProcessImage) {
    self.image = image
    memory = ProcessMemory(process: image.reader)
  }

  /// Writes the core.
  ///
  /// - Returns: how large the file is, holes included.
  package func write(to sink: any CoreSink) throws(CoreWriteError) -> UInt64 {
    let pages = PageMap(image.process, thread: image.reader)
    let entries = image.mappings.entries
    let notes = image.notes.bytes
    let layout = CoreLayout(image.architecture, count: entries.count)
    let tableOffset = UInt64(CoreLayout.headerSize)
    let notesOffset = (tableOffset + UInt64(layout.tableSize) + 7) & ~7
    var offset = (notesOffset + UInt64(notes.count) + Self.pageSize - 1) & ~(Self.pageSize - 1)
    var segments: [CoreLayout.Segment] = []
    segments.reserveCapacity(entries.count)
    for entry in entries {
      let size = dumpedSize(entry, pages)
      segments.append(
        CoreLayout.Segment(
          start: entry.start, end: entry.end, flags: entry.permissions.rawValue, fileOffset: offset, fileSize: size))
      offset += size
    }
    try sink.write(ByteView(layout.header(tableOffset: tableOffset)), at: 0)
    let table = layout.table(notesOffset: notesOffset, notesSize: UInt64(notes.count), segments: segments)
    try sink.write(ByteView(table), at: tableOffset)
    try sink.write(ByteView(notes), at: notesOffset)
    for segment in segments where segment.fileSize > 0 { try write(segment, pages, to: sink) }
    try sink.finish(size: offset)
    return offset
  }

  /// How much of a mapping is written, in bytes from its start (Linux `fs/coredump.c`, vma_dump_size, with the default
  /// filter).
  private func dumpedSize(_ entry: ProcessMappings.Entry, _ pages: PageMap?) -> UInt64 {
    guard entry.permissions.contains(.read), !entry.isDevice, !Self.isKernels(entry) else { return 0 }
    guard entry.isFile else { return entry.size }
    let isNameless = entry.path.hasSuffix(" (deleted)") || entry.path.hasPrefix("/dev/zero")
    if entry.isShared { return isNameless ? entry.size : 0 }
    if entry.permissions.contains(.write) || hasOwnPages(entry, pages) { return entry.size }
    let isHeader = entry.fileOffset == 0 && memory.load(UInt32.self, at: entry.start) == 0x464c_457f
    return isHeader ? min(entry.size, Self.pageSize) : 0
  }

  /// Data of the kernel that a process can read, and a core never holds.
  private static func isKernels(_ entry: ProcessMappings.Entry) -> Bool {
    entry.path.hasPrefix("[vvar") || entry.path == "[vsyscall]"
  }

  /// Whether a private mapping that may not be written to was once: relocated, and made read-only, or patched.
  private func hasOwnPages(_ entry: ProcessMappings.Entry, _ pages: PageMap?) -> Bool {
    guard let pages else { return !entry.permissions.contains(.execute) }
    var position = entry.start
    while position < entry.end {
      let end = min(entry.end, position + (64 << 20))
      guard let found = pages.pages(position..<end) else { return !entry.permissions.contains(.execute) }
      if found.contains(.own) { return true }
      position = end
    }
    return false
  }

  /// Writes what of a segment is not zero.
  private func write(
    _ segment: CoreLayout.Segment, _ pages: PageMap?, to sink: any CoreSink
  ) throws(CoreWriteError) {
    let isFile = image.mappings.entry(containing: segment.start)?.isFile ?? false
    let end = segment.start + segment.fileSize
    var position = segment.start
    while position < end {
      let chunk = position..<min(end, position + Self.chunk)
      position = chunk.upperBound
      // What nobody touched is zero, unless a file lies behind it.
      if !isFile, let pages, let found = pages.pages(chunk), !found.contains(where: { $0 != .absent }) { continue }
      try write(chunk, segment, to: sink)
    }
  }

  private func write(_ range: Range<UInt64>, _ segment: CoreLayout.Segment, to sink: any CoreSink)
    throws(CoreWriteError)
  {
    var position = range.lowerBound
    while position < range.upperBound {
      let bytes = memory.uncached(position, Int(range.upperBound - position))
      var start = 0
      // Whole pages of zeros become holes.
      while start < bytes.count {
        var stop = start
        while stop < bytes.count, !Self.isZero(bytes, stop) { stop += Int(Self.pageSize) }
        stop = min(stop, bytes.count)
        if stop > start, let piece = bytes.slice(start, stop - start) {
          try sink.write(piece, at: segment.fileOffset + (position - segment.start) + UInt64(start))
        }
        start = stop
        while start < bytes.count, Self.isZero(bytes, start) { start += Int(Self.pageSize) }
      }
      // Behind what cannot be read.
      position = ((position + UInt64(bytes.count)) | (Self.pageSize - 1)) + 1
      if bytes.count == Int(range.upperBound - range.lowerBound) { return }
    }
  }

  /// Whether the page at an offset holds nothing but zeros.
  private static func isZero(_ bytes: ByteView, _ offset: Int) -> Bool {
    var index = offset
    let end = min(bytes.count, offset + Int(pageSize))
    while index + 8 <= end {
      if bytes.load(UInt64.self, at: index) != 0 { return false }
      index += 8
    }
    while index < end {
      if bytes.load(UInt8.self, at: index) != 0 { return false }
      index += 1
    }
    return true
  }
}
