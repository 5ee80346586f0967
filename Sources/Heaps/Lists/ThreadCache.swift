internal import Bytes
internal import Machine

/// A thread's cache of freed chunks (`struct tcache_perthread_struct`, glibc `malloc/malloc.c` since 2.26): 64 bins, of
/// chunks of 32 bytes, 48 bytes and so on, each with a count and a list through the chunks' first words.
struct ThreadCache: Sendable {
  /// The address of the structure in the target, as malloc(3) returned it.
  let address: UInt64
  /// Whose it is; nil where no thread's data leads to it.
  let thread: Int32?
  let bins: [Bin]

  /// A list that is not empty.
  struct Bin: Sendable {
    /// The size of its chunks.
    let size: UInt64
    /// What the structure counts.
    let count: Int
    let list: LinkedChunks
  }

  static let binCount = 64

  /// The sizes of the chunk that the structure lies in, and the bytes of a count there: glibc 2.30 to 2.41, 2.26 to
  /// 2.29.
  private static let shapes: [(chunkSize: UInt64, countSize: UInt64)] = [(0x290, 2), (0x250, 1)]

  /// - Returns: nil where no chunk of its size begins at `address`, or counts and lists contradict one another in more
  ///   than a few bins, or in all; but in an arena's first chunk a single list may be broken.
  init?(at address: UInt64, thread: Int32?, _ links: LinkReader) {
    let memory = links.memory
    guard address >= 16, address % 16 == 0, let word = memory.word(at: address - 8), word & ChunkHeader.mapped == 0,
      let shape = Self.shapes.first(where: { $0.chunkSize == word & ~ChunkHeader.flagBits }),
      let bytes = memory.read(address, Int(shape.chunkSize) - 16)
    else { return nil }
    var bins: [Bin] = []
    var contradictions = 0
    for index in 0..<Self.binCount {
      let count =
        shape.countSize == 2
        ? bytes.load(UInt16.self, at: index * 2).map(Int.init) : bytes.load(UInt8.self, at: index).map(Int.init)
      guard let count, let first = bytes.load(UInt64.self, at: Self.binCount * Int(shape.countSize) + index * 8) else {
        return nil
      }
      if count == 0 && first == 0 { continue }
      let size = UInt64(index) * 16 + 32
      // Counts of a program's own memory are as wild as its links.
      guard first != 0 else {
        contradictions += 1
        continue
      }
      let list = links.list(.toUser, from: first, chunkSize: size, atMost: max(count, 1))
      if count == 0 || !list.isComplete || list.chunks.count != count { contradictions += 1 }
      bins.append(Bin(size: size, count: count, list: list))
    }
    let isExpected = links.extents.extent(containing: address)?.start == address - 16
    guard contradictions <= 3, contradictions == 0 || isExpected || bins.contains(where: { !$0.list.chunks.isEmpty })
    else { return nil }
    self.address = address
    self.thread = thread
    self.bins = bins
  }

  /// How many chunks lie in it.
  var chunkCount: Int { bins.reduce(0) { $0 + $1.list.chunks.count } }
  /// Whether every list was followed to its end.
  var isComplete: Bool { bins.allSatisfy { $0.list.isComplete && $0.list.chunks.count == $0.count } }
}
