internal import Machine

/// At least as much as `struct pthread` takes behind the thread pointer on x86-64 (glibc 2.36: 0x900 bytes).
private let controlBlockSize: UInt64 = 0x900

extension Target {
  /// The thread whose stack `address` lies in, and where that begins and ends: stacks without guards between them are
  /// one mapping, and each ends with its thread's control block.
  func owner(of mapping: Mapping, at address: UInt64) -> (tid: Int32, start: UInt64, end: UInt64)? {
    // The main thread's control block lies among the dynamic linker's data: whatever is mapped beside it is no stack of
    // that thread.
    let blocks = threads.compactMap { thread in
      thread.tid == process.pid ? nil : thread.threadPointer.map { (tid: thread.tid, pointer: $0) }
    }.filter { mapping.contains($0.pointer) }
    guard architecture == .x86_64 else {
      return blocks.first.map { ($0.tid, mapping.start, mapping.end) }
    }
    func end(_ pointer: UInt64) -> UInt64 { min(mapping.end, (pointer &+ controlBlockSize &+ 4095) & ~4095) }
    let ends = blocks.map { (tid: $0.tid, end: end($0.pointer)) }.sorted { $0.end < $1.end }
    guard let position = ends.firstIndex(where: { address < $0.end }) else { return nil }
    return (ends[position].tid, position == 0 ? mapping.start : ends[position - 1].end, ends[position].end)
  }

  /// The data of a module, .data and .bss, where `mapping` is a part of them: mappings of the file and of none.
  func data(around mapping: Mapping) -> (range: Range<UInt64>, module: String)? {
    guard mapping.use != .heap else { return nil }
    var (start, end) = (mapping.start, mapping.end)
    var owner = mapping.path == nil ? nil : moduleIndex(containing: mapping.start)
    // Between a guard and the end of .bss; whatever else lies between a module's segments is not writable.
    if owner == nil, start > 0, let module = moduleIndex(containing: start),
      self.mapping(containing: start - 1)?.isForbidden ?? false
    {
      owner = module
    }
    // Beyond the file's own mapping .bss is anonymous; the kernel splits what was made read-only after relocation.
    for _ in 0..<8 {
      guard start > 0, let below = self.mapping(containing: start - 1), below.isStackLike, below.use != .heap else {
        break
      }
      start = below.start
      if below.path != nil { owner = owner ?? moduleIndex(containing: below.start) }
    }
    for _ in 0..<8 {
      guard let above = self.mapping(containing: end), above.isStackLike, above.use != .heap, above.path == nil else {
        break
      }
      end = above.end
    }
    return owner.map { (start..<end, modules[$0].name) }
  }
}
