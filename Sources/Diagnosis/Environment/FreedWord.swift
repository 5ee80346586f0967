internal import Bytes
internal import Machine
internal import Targets

/// The word that the walker read is one that glibc's malloc writes into blocks when they are freed: the array had
/// been freed when it was read, whatever lies there now.
struct FreedWord {
  let evidence: Evidence

  /// How far around the array other free blocks are looked for, in bytes.
  private static let reach: UInt64 = 256 << 10

  init?(_ walker: Walker, _ investigation: Investigation) {
    guard let entry = walker.entry, entry != 0,
      let mapping = investigation.target.mapping(containing: walker.pointer), mapping.isStackLike
    else { return nil }
    if walker.pointer % 16 == 0, let next = Self.link(entry, at: walker.pointer, investigation.memory) {
      evidence = investigation.evidence(
        "what it read there, \(hex(entry)), is malloc's link from a free block at \(hex(walker.pointer)) to "
          + "\(next == 0 ? "none" : hex(next)) (its own address shifted by 12 bits is mixed in): the array had been freed",
        at: walker.pointer, count: 16)
      return
    }
    guard walker.pointer % 16 == 8, let other = Self.otherKey(entry, walker.pointer, mapping, investigation.memory)
    else {
      return nil
    }
    evidence = investigation.evidence(
      "what it read there, \(hex(entry)), is the random key that malloc's thread cache writes into the second word of free "
        + "blocks; the free block at \(hex(other &- 8)) has it, too: the array had been freed",
      at: other &- 8, count: 16)
  }

  /// What a free block's first word links to, 0 for nothing; nil where it is no such link (glibc malloc/malloc.c,
  /// PROTECT_PTR, since 2.32).
  static func link(_ word: UInt64, at address: UInt64, _ memory: any TargetMemory) -> UInt64? {
    let next = word ^ address >> 12
    if next == 0 { return 0 }
    // A link leads to a block of the same heap.
    guard next % 16 == 0, next >> 32 == address >> 32, memory.word(at: next) != nil else { return nil }
    return next
  }

  /// Another block nearby with the same key in its second word and a link in its first.
  private static func otherKey(
    _ key: UInt64, _ address: UInt64, _ mapping: Mapping, _ memory: any TargetMemory
  ) -> UInt64? {
    // A random number; small ones and addresses are none.
    guard key >> 48 != 0, key >> 48 != 0xffff else { return nil }
    let low = max(mapping.start, address > reach ? address - reach : 0) & ~15
    let bytes = memory.readPrefix(low, Int(min(mapping.end - low, 2 * reach)))
    for offset in stride(from: 8, to: bytes.count - 7, by: 16) where bytes.load(UInt64.self, at: offset) == key {
      let other = low &+ UInt64(offset)
      guard other != address, let first = bytes.load(UInt64.self, at: offset - 8),
        link(first, at: other &- 8, memory) != nil
      else { continue }
      return other
    }
    return nil
  }
}
