internal import Bytes
internal import ELF
internal import ModuleFiles

/// Merges what program headers and NT_FILE say of the address space.
enum MappingTable {
  /// All mappings, by address, without overlap: pieces of segments with the file behind them, where there is
  /// one, and mappings of files that no segment speaks of.
  static func merge(_ segments: [CoreSegment], _ files: FileNote?) -> [Mapping] {
    let entries = files?.entries ?? []
    let paths = files?.paths ?? []
    var mappings: [Mapping] = []
    mappings.reserveCapacity(segments.count + 16)
    var next = 0

    /// Adds `range` of an entry, with what the segment says where it lies in one.
    func add(_ start: UInt64, _ end: UInt64, entry: FileNote.Entry?, segment: CoreSegment?) {
      guard end > start else { return }
      let skipped = segment.map { start - $0.start } ?? 0
      func held(_ size: UInt64) -> UInt64 { size > skipped ? min(size - skipped, end - start) : 0 }
      mappings.append(
        Mapping(
          start: start, end: end, permissions: segment.map { Mapping.Permissions(rawValue: $0.flags) },
          path: entry?.path.map { paths[$0] },
          fileOffset: entry.map { $0.mapping.fileOffset &+ (start - $0.mapping.start) } ?? 0,
          dumpedSize: held(segment?.dumpedSize ?? 0), statedSize: held(segment?.statedSize ?? 0),
          use: entry == nil ? .unknown : .file))
    }

    /// Where the part of the present entry begins that no mapping speaks of yet.
    var done: UInt64 = 0
    for segment in segments {
      // Entries, or parts of them, that lie before this segment.
      while next < entries.count, entries[next].mapping.start < segment.start {
        let entry = entries[next]
        let from = max(entry.mapping.start, done)
        if from < segment.start {
          add(from, min(entry.mapping.end, segment.start), entry: entry, segment: nil)
        }
        guard entry.mapping.end <= segment.start else { break }
        next += 1
      }
      var position = segment.start
      while next < entries.count, entries[next].mapping.start < segment.end {
        let entry = entries[next]
        let from = max(entry.mapping.start, position)
        let to = min(entry.mapping.end, segment.end)
        add(position, from, entry: nil, segment: segment)
        add(from, to, entry: entry, segment: segment)
        position = max(position, to)
        guard entry.mapping.end <= segment.end else { break }
        next += 1
      }
      add(position, segment.end, entry: nil, segment: segment)
      done = segment.end
    }
    while next < entries.count {
      let entry = entries[next]
      add(max(entry.mapping.start, done), entry.mapping.end, entry: entry, segment: nil)
      next += 1
    }
    return mappings
  }

  /// Gives mappings the files of the modules that lie there, where the core has no list of mapped files.
  static func name(_ mappings: inout [Mapping], by modules: [Module], pageSize: UInt64) {
    for module in modules {
      guard let elf = module.file?.elf ?? module.image, module.file?.origin != .memory else { continue }
      for segment in elf.segments where segment.type == ProgramHeader.load && segment.fileSize > 0 {
        let skipped = segment.address & (pageSize - 1)
        let start = module.bias &+ (segment.address - skipped)
        let end = start.addingReportingOverflow(skipped &+ segment.fileSize &+ (pageSize - 1))
        guard !end.overflow, segment.fileOffset >= skipped else { continue }
        let limit = end.partialValue & ~(pageSize - 1)
        var index = mappings.partitioningIndex { $0.start >= start }
        while index < mappings.count, mappings[index].end <= limit {
          let old = mappings[index]
          mappings[index] = Mapping(
            start: old.start, end: old.end, permissions: old.permissions, path: module.path,
            fileOffset: segment.fileOffset - skipped + (old.start - start), dumpedSize: old.dumpedSize,
            statedSize: old.statedSize, use: .file)
          index += 1
        }
      }
    }
  }
}
