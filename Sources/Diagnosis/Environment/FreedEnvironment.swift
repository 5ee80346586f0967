internal import Bytes
internal import Machine
internal import Targets

/// The array that `environ` points to has been freed: a thread that replaces it was between realloc, which freed it,
/// and the assignment of `environ` (glibc stdlib/setenv.c, `__add_to_environ`), when another walked it.
struct FreedEnvironment {
  let evidence: [Evidence]
  /// Whether a copy of the array was found: a new array was being made.
  let hasCopy: Bool

  /// How far around the array its copy is looked for, in bytes.
  private static let reach: UInt64 = 256 << 10
  /// How many entries in a row make a copy.
  private static let fewest = 4

  /// - Returns: nil where the word that was read is not what malloc writes into freed blocks, or not at the beginning
  ///   of the array.
  init?(_ walker: Walker, _ present: EnvironmentArray, _ investigation: Investigation) {
    guard walker.isLibrary, walker.pointer &- present.start < 16, let freed = FreedWord(walker, investigation) else {
      return nil
    }
    var found = [
      investigation.evidence(
        "environ, at \(hex(present.variable)), points to the array at \(hex(present.start)) "
          + "(\(grouped(UInt64(present.entries.count))) entries), which \(walker.function) was walking: "
          + "\(investigation.registerName(walker.register)) = \(hex(walker.value))", at: present.variable),
      freed.evidence,
    ]
    let copy = Self.copy(of: present, investigation)
    hasCopy = copy != nil
    if let copy {
      found.append(
        investigation.evidence(
          "the entries after the two words that malloc wrote over stand at \(hex(copy)), too: that is the new array",
          at: copy, count: 32))
    }
    evidence = found
  }

  /// Where in the same mapping another array, with all its entries, holds the same ones from the third on.
  private static func copy(of present: EnvironmentArray, _ investigation: Investigation) -> UInt64? {
    guard present.entries.count >= fewest + 2,
      let mapping = investigation.target.mapping(containing: present.start)
    else { return nil }
    let low = max(mapping.start, present.start > reach ? present.start - reach : 0) & ~15
    let bytes = investigation.memory.readPrefix(low, Int(min(mapping.end - low, 2 * reach)))
    let wanted = present.entries[2..<2 + fewest]
    for offset in stride(from: 0, to: bytes.count - 16 - 8 * fewest, by: 16)
    where low &+ UInt64(offset) != present.start {
      let isCopy = wanted.indices.allSatisfy { bytes.load(UInt64.self, at: offset + $0 * 8) == wanted[$0] }
      // Earlier arrays that were freed as well have lost their first two entries, too.
      let isWhole = [0, 8].allSatisfy {
        bytes.load(UInt64.self, at: offset + $0).flatMap { EnvironmentArray.name(at: $0, investigation.memory) } != nil
      }
      if isCopy && isWhole { return low &+ UInt64(offset) }
    }
    return nil
  }
}
