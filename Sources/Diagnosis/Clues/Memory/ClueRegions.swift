internal import Bytes
internal import Machine
internal import Targets

/// The target's mappings as the search for clues sees them: what may hold a program's data, and what cannot.
///
/// Addresses are looked up here by the hundred thousand; the bytes of a mapping are asked for once.
struct ClueRegions {
  /// What a mapping may hold.
  enum Content: UInt8 {
    /// Data of the program's: stacks, heaps, writable data of modules.
    case data
    /// Constants of the executable: texts that were compiled in.
    case constants
    /// A file that is mapped and no module: what the program reads.
    case file
    /// Code, constants of libraries, guards: nothing to be looked at.
    case nothing
  }

  private let starts: [UInt64]
  private let ends: [UInt64]
  private let contents: [Content]
  private var windows: [MemoryWindow?]
  private var isFetched: [Bool]
  private var last = 0
  private let mask: UInt64
  private let memory: any TargetMemory

  init(_ target: any Target) {
    let mappings = target.mappings
    let executable = target.modules.first
    starts = mappings.map(\.start)
    ends = mappings.map(\.end)
    contents = mappings.map { mapping in
      guard mapping.permissions?.contains(.execute) != true else { return .nothing }
      let isWritable = mapping.permissions?.contains(.write) == true
      if mapping.path == nil { return isWritable && mapping.dumpedSize > 0 ? .data : .nothing }
      if target.moduleIndex(containing: mapping.start) == nil { return .file }
      if isWritable { return .data }
      return executable?.contains(mapping.start) == true ? .constants : .nothing
    }
    windows = Array(repeating: nil, count: mappings.count)
    isFetched = Array(repeating: false, count: mappings.count)
    // aarch64 ignores the top byte of a data address; on x86-64 the top bits are Swift's, which marks what sort of
    // string an object is there (StringObject.swift, "Discriminator").
    mask = target.architecture == .aarch64 ? 0x00ff_ffff_ffff_ffff : 0x0fff_ffff_ffff_ffff
    memory = target.memory
  }

  /// What a word may point to: the address without its tag, the mapping it lies in, and what that holds; nil where it
  /// is the address of nothing that is looked at.
  mutating func place(of word: UInt64) -> (address: UInt64, mapping: Int, content: Content)? {
    let address = word & mask
    guard address >= 65_536, let first = starts.first, address >= first else { return nil }
    if address >= starts[last], address < ends[last] {
      return contents[last] == .nothing ? nil : (address, last, contents[last])
    }
    let index = ends.partitioningIndex { $0 > address }
    guard index < starts.count, address >= starts[index] else { return nil }
    last = index
    return contents[index] == .nothing ? nil : (address, index, contents[index])
  }

  /// Where the first mapping with data above `address` begins.
  func start(above address: UInt64) -> UInt64? {
    let index = starts.partitioningIndex { $0 > address }
    return starts[index...].indices.prefix(4).first { contents[$0] == .data }.map { starts[$0] }
  }

  /// The bytes of a mapping around `address`; nil where they are not in the dump.
  mutating func window(_ mapping: Int, around address: UInt64) -> MemoryWindow? {
    if isFetched[mapping] {
      if let window = windows[mapping], window.contains(address) { return window }
    }
    let window = memory.window(containing: address)
    isFetched[mapping] = true
    windows[mapping] = window
    return window
  }

  /// How many bytes from `address` on belong to the chunk of malloc's (glibc) that begins there; nil where none seems
  /// to. It bounds what is looked at, and proves nothing.
  mutating func chunkSize(at address: UInt64) -> UInt64? {
    guard address & 15 == 0, let place = place(of: address &- 8), place.content == .data,
      let window = window(place.mapping, around: place.address),
      let header = window.load(UInt64.self, at: place.address)
    else { return nil }
    let size = header & ~7
    guard header & 1 == 1, size & 15 == 0, size >= 32, size <= 1 << 16,
      let next = window.load(UInt64.self, at: place.address &+ size), next & 1 == 1, next & 8 == 0, next & ~7 >= 32,
      next < 1 << 40
    else { return nil }
    return size - 8
  }
}
