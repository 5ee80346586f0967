internal import Bytes
internal import Machine

/// Chunks of one size that their first words link, from the first one on.
struct LinkedChunks: Sendable {
  /// The addresses of their headers.
  let chunks: [UInt64]
  /// Whether the list ended as lists do.
  let isComplete: Bool
  /// Whether links were mangled; nil where the list does not tell.
  let isMangled: Bool?
  /// What the last link that was followed holds, with mangling undone, where it leads to no chunk.
  let brokenValue: UInt64?
  /// The address of the link that leads to no chunk; nil where the very first one does.
  let brokenAt: UInt64?
}

/// Follows the links of malloc's caches: plain ones, and, since glibc 2.32, those with the link's own address shifted
/// by 12 bits mixed in (PROTECT_PTR).
struct LinkReader {
  let memory: any TargetMemory
  let extents: [HeapExtent]
  /// The most chunks that are followed in one list.
  static let mostChunks = 1 << 20

  /// What a link leads to: in a tcache what malloc returned for the next chunk, in a fastbin that chunk's header.
  enum Kind: UInt64 {
    case toUser = 0
    case toHeader = 16
  }

  /// The list that the link `first` leads to, which is never mangled: a bin's own.
  ///
  /// - Parameter most: how many chunks it has by its owner's count.
  func list(_ kind: Kind, from first: UInt64, chunkSize: UInt64, atMost most: Int) -> LinkedChunks {
    let mangled = list(kind, first, chunkSize, most, isMangled: true)
    if mangled.isComplete { return mangled }
    let plain = list(kind, first, chunkSize, most, isMangled: false)
    return plain.isComplete || plain.chunks.count > mangled.chunks.count ? plain : mangled
  }

  private func list(_ kind: Kind, _ first: UInt64, _ size: UInt64, _ most: Int, isMangled: Bool) -> LinkedChunks {
    var chunks: [UInt64] = []
    var next = first
    var link: UInt64?
    // Brent's algorithm: a list that leads back into itself is told without a memory of all that was seen.
    var anchor: UInt64 = 0
    var (steps, turn) = (0, 1)
    while next != 0 {
      let current = next &+ kind.rawValue
      guard chunks.count < min(most, Self.mostChunks), current != anchor, current % 16 == 0, current > 16,
        let word = memory.word(at: current - 8), word & ~ChunkHeader.flagBits == size,
        word & ChunkHeader.mapped == 0, extents.contains(address: current),
        let stored = memory.word(at: current)
      else {
        return LinkedChunks(
          chunks: chunks, isComplete: false, isMangled: chunks.count > 1 ? isMangled : nil, brokenValue: next,
          brokenAt: link)
      }
      chunks.append(current - 16)
      steps += 1
      if steps == turn { (anchor, steps, turn) = (current, 0, turn * 2) }
      link = current
      next = isMangled ? stored ^ current >> 12 : stored
    }
    return LinkedChunks(
      chunks: chunks, isComplete: true, isMangled: chunks.isEmpty ? nil : isMangled, brokenValue: nil, brokenAt: nil)
  }
}

extension [HeapExtent] {
  /// Whether the target's `address` lies in one of them, which are in order of addresses.
  func contains(address: UInt64) -> Bool { extent(containing: address) != nil }

  /// The one of them, which are in order of addresses, that `address` lies in.
  func extent(containing address: UInt64) -> HeapExtent? {
    let index = partitioningIndex { $0.end > address }
    return index < count && self[index].contains(address) ? self[index] : nil
  }
}
