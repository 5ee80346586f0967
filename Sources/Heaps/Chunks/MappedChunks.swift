internal import Machine
internal import Targets

/// Chunks that malloc got an mmap(2) of their own for, one behind the other from a mapping's start on: the kernel
/// joins neighbours to one mapping (glibc `malloc/malloc.c`, sysmalloc_mmap).
struct MappedChunks {
  private let mapping: Mapping
  private let memory: any TargetMemory

  /// The most that are walked: malloc maps no more than 65,536 (DEFAULT_MMAP_MAX).
  static let maximumCount = 65_536
  /// DEFAULT_MMAP_THRESHOLD_MIN: smaller chunks are seldom mapped, so that one by itself is not believed.
  private static let threshold: UInt64 = 128 << 10
  private static let pageSize: UInt64 = 4096
  /// IS_MMAPPED, and no other flag.
  private static let flags: UInt64 = 2

  init(_ mapping: Mapping, _ memory: any TargetMemory) {
    self.mapping = mapping
    self.memory = memory
  }

  /// All chunks from the mapping's start on, up to the first thing that is none.
  func all(atMost most: Int) -> [HeapChunk] {
    var found: [HeapChunk] = []
    var start = mapping.start
    while found.count < most, start < mapping.end, let chunk = chunk(at: start) {
      found.append(chunk)
      start = chunk.start &+ chunk.size
    }
    return found
  }

  /// The chunk with `address`; nil where something else comes first, or it lies in what malloc keeps for itself.
  func chunk(containing address: UInt64) -> HeapChunk? {
    guard mapping.contains(address) else { return nil }
    var start = mapping.start
    for _ in 0..<Self.maximumCount {
      guard let size = size(at: start) else { return nil }
      let end = start + size
      if address >= end {
        start = end
        continue
      }
      guard let chunk = chunk(at: start) else { return nil }
      return address >= chunk.start ? chunk : nil
    }
    return nil
  }

  /// The chunk whose mapping begins at `start`; nil where none does.
  private func chunk(at start: UInt64) -> HeapChunk? {
    guard mapping.permissions == [.read, .write], let size = size(at: start) else { return nil }
    let end = start + size
    let hasCompany = start != mapping.start || end == mapping.end || self.size(at: end) != nil
    guard size >= Self.threshold || hasCompany else { return nil }
    return aligned(start, size) ?? HeapChunk(start: start, size: size, source: .mapping, state: .used)
  }

  /// The size in the header at `start`, a page's first address; nil where there is none that fits.
  private func size(at start: UInt64) -> UInt64? {
    guard start < mapping.end, memory.word(at: start) == 0, let stated = memory.word(at: start + 8) else { return nil }
    let size = stated & ~7
    return stated & 7 == Self.flags && size > 0 && size % Self.pageSize == 0 && size <= mapping.end - start ? size : nil
  }

  /// The chunk within a mapped one that memalign(3) gave out: its header tells how far it begins behind the other's.
  private func aligned(_ start: UInt64, _ size: UInt64) -> HeapChunk? {
    for shift in UInt64(5)...25 {
      let alignment: UInt64 = 1 << shift
      let lead = alignment - 1 - (start + HeapChunk.headerSize - 1) % alignment
      guard lead > 0, lead < size - HeapChunk.headerSize, memory.word(at: start + lead) == lead,
        memory.word(at: start + lead + 8) == (size - lead) | Self.flags
      else { continue }
      return HeapChunk(start: start + lead, size: size - lead, source: .mapping, state: .used)
    }
    return nil
  }
}
