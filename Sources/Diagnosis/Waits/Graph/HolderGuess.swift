internal import Machine
internal import Targets
internal import Unwinding

/// Who seems to hold a lock that does not tell: a guess with its reason, never a proof.
struct HolderGuess: Sendable {
  /// The index in the target's `threads`.
  let thread: Int
  /// Why it is thought so: "only its stack, at 0x7f…, refers to the lock".
  let reason: String
  /// What was read for it.
  let evidence: Evidence

  /// How many locks are looked into, how many threads' stacks, and how much of each.
  private static let mostLocks = 64
  private static let mostThreads = 512
  private static let searchedBytes: UInt64 = 32 << 10

  /// By node (``ThreadWait/node``).
  static func guesses(for waits: [ThreadWait?], _ investigation: Investigation) -> [String: HolderGuess] {
    var locks: [UInt64: String] = [:]
    for case let wait? in waits where locks.count < mostLocks {
      guard let object = wait.object, object.owner == nil, object.isHeld, object.isExclusive else { continue }
      locks[object.address] = wait.node
    }
    guard !locks.isEmpty else { return [:] }
    var found: [UInt64: [HolderGuess]] = [:]
    let sites = LockSites(investigation)
    for index in waits.indices.prefix(mostThreads) {
      let own = waits[index]?.object?.address
      for (address, place) in sites.taken(by: index, waits[index], among: Set(locks.keys)) {
        found[address, default: []].append(
          HolderGuess(
            thread: index, reason: "it took it at \(place.text), and is still in that function",
            evidence: Evidence("took \(hex(address)) at \(place.text)", address: place.pc)))
      }
      for (address, slot) in references(by: index, waits[index], to: Set(locks.keys), investigation)
      where address != own && !(found[address] ?? []).contains(where: { $0.thread == index }) {
        found[address, default: []].append(
          HolderGuess(
            thread: index, reason: "its stack refers to the lock, at \(hex(slot)), as the guard of a lock does",
            evidence: investigation.evidence("the stack refers to \(hex(address)) there", at: slot)))
      }
    }
    var result: [String: HolderGuess] = [:]
    // Two that may hold it are none.
    for (address, guesses) in found where guesses.count == 1 { result[locks[address] ?? ""] = guesses[0] }
    return result
  }

  /// Slots in the frames of the program's own functions that hold a lock's address: what the library left below says
  /// nothing.
  private static func references(
    by index: Int, _ wait: ThreadWait?, to locks: Set<UInt64>, _ investigation: Investigation
  ) -> [UInt64: UInt64] {
    guard let wait, wait.frames.indices.contains(wait.libraryFrames) else { return [:] }
    let low = wait.frames[wait.libraryFrames].stackPointer
    guard low != 0, let window = investigation.memory.window(containing: low) else { return [:] }
    let outermost = investigation.walk(ofThread: index).frames.last?.cfa ?? 0
    let reach = min(window.end - low, searchedBytes)
    let end = outermost > low && outermost - low < reach ? outermost : low + reach
    var result: [UInt64: UInt64] = [:]
    var slot = (low + 7) & ~7
    while slot < end {
      if let word = window.load(UInt64.self, at: slot), locks.contains(word), result[word] == nil {
        result[word] = slot
      }
      slot += 8
    }
    return result
  }
}
