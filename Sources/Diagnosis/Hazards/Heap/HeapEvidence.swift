internal import Heaps
internal import Machine
internal import Unwinding

/// What of malloc's account is corrupt, as evidence.
enum HeapEvidence {
  /// How many contradictions a finding shows.
  private static let shown = 2

  /// The first contradictions, each with the block before it, which was written past its end, most likely.
  static func evidence(_ problems: [HeapProblem], _ investigation: Investigation) -> [Evidence] {
    problems.prefix(shown).flatMap { problem -> [Evidence] in
      var evidence = [investigation.evidence(problem.statement, at: problem.place, count: 16)]
      if let before = problem.before, problem.isOverwritten { evidence.append(self.evidence(before, investigation)) }
      return evidence
    }
  }

  /// The block before a corrupt header, and the end of what it holds.
  private static func evidence(_ before: HeapChunk, _ investigation: Investigation) -> Evidence {
    let contents = ChunkContents(endOf: before, investigation.memory)
    let state = before.isFreed ? "a free block" : "the block"
    let text = contents?.text.map { ": as text, \"\($0)\"" } ?? ""
    return Evidence(
      "right before it lies \(state) of \(byteCount(before.userSize)) at \(hex(before.userStart)), which was written past "
        + "its end, most likely; what it ends with, and what follows\(text)",
      address: contents?.address ?? before.userStart, bytes: contents?.bytes)
  }

  /// The one block that the registers of malloc's own frames point to and that is free already: what was freed again.
  static func freedTwice(
    _ investigation: Investigation, _ crash: Crash, through entry: Int
  ) -> HeapChunk? {
    var found: [HeapChunk] = []
    for number in 1...min(max(entry, 1), 12) {
      guard let registers = investigation.stacks.registers(ofFrame: number, from: crash.registers) else { break }
      for register in 0..<RegisterSet.capacity {
        guard let value = registers[register], value % 16 == 0 else { continue }
        // A header's first word belongs to the block before it, while that is used.
        let chunks = [value, value &+ 16].compactMap { investigation.heapChunk(containing: $0) }
        guard let chunk = chunks.first(where: { $0.isFreed && ($0.start == value || $0.userStart == value) }) else {
          continue
        }
        if !found.contains(where: { $0.start == chunk.start }) { found.append(chunk) }
      }
    }
    return found.count == 1 ? found[0] : nil
  }
}

extension HeapProblem {
  /// Whether it is a header that holds what malloc did not write: then what lies before it is of interest.
  var isOverwritten: Bool {
    switch reason {
    case .badSize, .sizeBeyondHeap, .previousSize, .topSize: true
    case .freeNeighbours, .brokenLink, .brokenCache: false
    }
  }
}
