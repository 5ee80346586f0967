internal import Bytes
internal import ELF
internal import ModuleFiles

/// The pages of modules that were not dumped and can be read from the modules' files instead.
///
/// Only pages of segments that no program may write are taken, as what was relocated or otherwise written is
/// not what the file holds: neither the mapping nor the segment is writable, which leaves out what is made
/// read-only after relocation (PT_GNU_RELRO), and the file has no relocations in its text (DT_TEXTREL).
struct FilePages {
  private(set) var files: [ByteView] = []
  /// By address. `source` is an index in `files`.
  private(set) var runs: [CoreMemory.Run] = []

  /// The most runs that are kept.
  private static let maximumRuns = 65_536

  /// - Parameters:
  ///   - mappings: by address, without overlap.
  ///   - hasFileNote: whether the mappings say which of them are files'.
  init(_ modules: [Module], _ mappings: [Mapping], hasFileNote: Bool) {
    for module in modules {
      guard let file = module.file, file.origin != .memory, !Self.hasTextRelocations(file.elf) else { continue }
      let source = files.count
      files.append(file.elf.bytes)
      for segment in file.elf.segments
      where segment.type == ProgramHeader.load && !segment.isWritable && segment.fileSize > 0 {
        add(segment, of: module, source: source, mappings, hasFileNote: hasFileNote, absent: file.elf.absent)
      }
    }
    runs.sort { $0.start < $1.start }
    removeOverlaps()
  }

  private mutating func add(
    _ segment: ProgramHeader, of module: Module, source: Int, _ mappings: [Mapping], hasFileNote: Bool,
    absent: [Range<Int>]
  ) {
    let size = UInt64(files[source].count)
    let start = module.bias &+ segment.address
    let end = start.addingReportingOverflow(segment.fileSize)
    guard !end.overflow, segment.fileOffset < size else { return }
    var index = mappings.partitioningIndex { $0.end > start }
    while index < mappings.count, mappings[index].start < end.partialValue {
      let mapping = mappings[index]
      index += 1
      guard mapping.permissions?.contains(.write) != true, !hasFileNote || mapping.path == module.path else { continue }
      // What the dump states and lacks was cut off. It was stated because it was written to, or because the
      // dump holds all files: only code is sure not to be written to after relocation.
      let isCode = mapping.permissions?.contains(.execute) == true
      let lacking = mapping.start + (isCode ? mapping.dumpedSize : mapping.statedSize)
      let from = max(lacking, start)
      var to = min(mapping.end, end.partialValue)
      guard from < to else { continue }
      let offset = segment.fileOffset &+ (from - start)
      if hasFileNote, mapping.fileOffset &+ (from - mapping.start) != offset { continue }
      guard offset < size, runs.count < Self.maximumRuns else { continue }
      to = min(to, from + (size - offset))
      append(from, to, source: source, offset: offset, absent: absent)
    }
  }

  /// Adds a run without what the copy of the file does not hold.
  private mutating func append(_ start: UInt64, _ end: UInt64, source: Int, offset: UInt64, absent: [Range<Int>]) {
    var position = offset
    let limit = offset + (end - start)
    func add(upTo stop: UInt64, _ runs: inout [CoreMemory.Run]) {
      guard stop > position, runs.count < Self.maximumRuns else { return }
      runs.append(
        CoreMemory.Run(
          start: start + (position - offset), end: start + (stop - offset), source: source, offset: position))
    }
    var index = absent.partitioningIndex { UInt64($0.upperBound) > offset }
    while index < absent.count, UInt64(absent[index].lowerBound) < limit {
      add(upTo: UInt64(absent[index].lowerBound), &runs)
      position = min(limit, UInt64(absent[index].upperBound))
      index += 1
    }
    add(upTo: limit, &runs)
  }

  private mutating func removeOverlaps() {
    var kept: [CoreMemory.Run] = []
    kept.reserveCapacity(runs.count)
    for run in runs where kept.last.map({ $0.end <= run.start }) ?? true { kept.append(run) }
    runs = kept
  }

  /// DT_TEXTREL, or DF_TEXTREL in DT_FLAGS (gABI chapter 5, "Dynamic Section").
  private static func hasTextRelocations(_ elf: ELFFile) -> Bool {
    guard let dynamic = elf.segments.first(where: { $0.type == ProgramHeader.dynamic }) else { return false }
    let bytes = elf.contents(of: dynamic)
    var offset = 0
    while let tag = bytes.load(UInt64.self, at: offset), let value = bytes.load(UInt64.self, at: offset + 8), tag != 0 {
      if tag == 22 || tag == 30 && value & 4 != 0 { return true }
      offset += 16
    }
    return false
  }
}
