internal import Bytes
package import Heaps
package import Machine

extension HeapProblem {
  /// What is wrong, in a sentence without an end.
  package var statement: String {
    switch reason {
    case .badSize(let word): "the size of the chunk at \(hex(address)) is \(hex(word)), which no chunk's is"
    case .sizeBeyondHeap(let word, let left):
      "the size of the chunk at \(hex(address)) is \(hex(word)), and only \(hex(left)) bytes of its heap are left"
    case .previousSize(let stated, let actual):
      "the header at \(hex(address)) says that the chunk before it is free and has \(hex(stated)) bytes, but that has "
        + hex(actual)
    case .freeNeighbours:
      "the chunk before \(hex(address)) and its neighbour are both free, which malloc would have made one"
    case .topSize(let word):
      "the size of what is left at the heap's end, \(hex(address)), is \(hex(word)), which it cannot be"
    case .brokenLink(let forward, let backward):
      "the free chunk at \(hex(address)) links to \(hex(forward)) and \(hex(backward)), which do not link back"
    case .brokenCache(let list, let value):
      "\(list.text) leads to \(hex(value)), which is none of its chunks"
    }
  }

  /// The address of the words that contradict others.
  package var place: UInt64 {
    if case .brokenLink = reason { address &+ 16 } else { address }
  }
}

extension FreeList {
  /// "the tcache of thread 1234, bin 0x40".
  package var text: String {
    switch self {
    case .threadCache(let thread, let size):
      "\(thread.map { "the tcache of thread \($0)" } ?? "a tcache"), bin \(hex(size))"
    case .fastBin(let size): "fastbin \(hex(size))"
    case .unsorted: "the unsorted bin"
    case .small(let size): "small bin \(hex(size))"
    case .large(let bin): "large bin \(bin)"
    }
  }
}

/// The end of what a chunk holds, with what lies behind it: where something ran past its end, the same bytes go on.
package struct ChunkContents {
  package let address: UInt64
  package let bytes: [UInt8]
  /// The text that most of the bytes are; nil where they are not.
  package let text: String?

  private static let most: UInt64 = 96
  private static let behind = 16
  private static let longestText = 56

  /// - Parameter chunk: its last bytes are taken, and those right behind it.
  package init?(endOf chunk: HeapChunk, _ memory: any TargetMemory) {
    let end = chunk.start &+ chunk.size
    let start = max(chunk.userStart, end > Self.most ? end - Self.most : 0)
    guard end >= start else { return nil }
    let bytes = memory.readPrefix(start, Int(end - start) + Self.behind).array
    guard !bytes.isEmpty else { return nil }
    address = start
    self.bytes = bytes
    text = Self.text(in: bytes)
  }

  /// The longest run of printable characters, where it is at least eight long and a third of all.
  static func text(in bytes: [UInt8]) -> String? {
    var best = bytes[0..<0]
    var start = 0
    for index in 0...bytes.count {
      if index < bytes.count, bytes[index] >= 0x20 && bytes[index] < 0x7f || bytes[index...].first == 0x0a { continue }
      if index - start > best.count { best = bytes[start..<index] }
      start = index + 1
    }
    guard best.count >= 8, best.count * 3 >= bytes.count else { return nil }
    return String(decoding: best.prefix(longestText), as: UTF8.self) + (best.count > longestText ? "…" : "")
  }
}
