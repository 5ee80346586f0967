internal import Machine
internal import Symbolication
internal import Heaps
internal import Targets
internal import Unwinding

/// Who waits for whom: what each thread waits for, who holds it, and where that closes a circle.
///
/// A thread waits for one thing at a time, and a lock has one owner at most; so each thread leads to one other at most,
/// and circles are found in one pass over the threads, however many and however tangled they are.
package final class WaitGraph {
  /// One an index of the target's `threads`; nil for threads that wait for nothing.
  package let waits: [ThreadWait?]
  /// Threads, by index, that wait for each other in a circle, each for what the next one holds.
  package let cycles: [[Int]]
  /// For a wait whose object does not tell its owner: who must hold it, by what reason.
  let guesses: [String: HolderGuess]
  let records: ThreadRecords
  private let indices: [Int32: Int]
  // Which holds this graph.
  private unowned let investigation: Investigation
  private var names: [UInt64: String?] = [:]
  /// Walking a heap takes time: locks beyond so many are named by the region that they lie in.
  private static let mostChunks = 64

  init(_ investigation: Investigation) {
    self.investigation = investigation
    let threads = investigation.target.threads
    records = ThreadRecords(investigation.target)
    let waits = WaitCollector(investigation, records).waits()
    self.waits = waits
    let indices = Dictionary(threads.enumerated().map { ($1.tid, $0) }) { first, _ in first }
    self.indices = indices
    let guesses = HolderGuess.guesses(for: waits, investigation)
    self.guesses = guesses
    cycles = Self.cycles(
      waits.map { wait in
        guard let wait, !wait.hasTimeout, let object = wait.object, object.isHeld else { return nil }
        if let owner = object.owner { return indices[owner] }
        return guesses[wait.node]?.thread
      })
  }

  /// The circles of a graph in which each node leads to one other at most.
  static func cycles(_ next: [Int?]) -> [[Int]] {
    var colour = [Int](repeating: 0, count: next.count)
    var result: [[Int]] = []
    for start in next.indices where colour[start] == 0 {
      var path: [Int] = []
      var node: Int? = start
      while let here = node, next.indices.contains(here), colour[here] == 0 {
        colour[here] = start + 1
        path.append(here)
        node = next[here]
      }
      if let end = node, next.indices.contains(end), colour[end] == start + 1, let first = path.firstIndex(of: end) {
        result.append(Array(path[first...]))
      }
    }
    return result
  }

  /// The index in the target's `threads` of the thread with this id.
  package func thread(_ tid: Int32) -> Int? { indices[tid] }

  /// The thread that holds what a wait is for, or that is joined; read from memory, or guessed.
  package func holder(of wait: ThreadWait) -> (tid: Int32, isRead: Bool)? {
    guard let object = wait.object else { return nil }
    if let owner = object.owner { return (owner, true) }
    guard let guess = guesses[wait.node] else { return nil }
    return (investigation.target.threads[guess.thread].tid, false)
  }

  /// Whether who holds a lock is no thread of this process, and may well live: the lock is in memory that others have too.
  package func mayBeHeldElsewhere(_ wait: ThreadWait) -> Bool {
    guard let object = wait.object, object.kind != "thread", let owner = object.owner, !records.isAlive(owner) else {
      return false
    }
    return investigation.mayBeShared(object.address)
  }

  /// What lies at a lock's address: "registry_lock", "heap chunk 0x55d0… +16", "the stack of thread 12"; nil where
  /// nothing is known.
  package func name(of address: UInt64) -> String? {
    if let known = names[address] { return known }
    let name = symbol(at: address) ?? place(of: address)
    names[address] = .some(name)
    return name
  }

  /// The variable that an address lies in: "registry_lock", "table+16"; nil where it is in none.
  func symbol(at address: UInt64) -> String? { investigation.variable(at: address) }

  /// The chunk of the heap, or the region, that an address lies in.
  private func place(of address: UInt64) -> String? {
    guard let mapping = investigation.target.mapping(containing: address) else { return nil }
    switch mapping.use {
    case .heap where names.count < Self.mostChunks, .arena where names.count < Self.mostChunks:
      guard let chunk = investigation.heapChunk(containing: address) else { return investigation.region(address) }
      let state = chunk.isFreed ? "freed " : ""
      guard let offset = chunk.offset(of: address), offset > 0 else {
        return "\(state)heap chunk of \(byteCount(chunk.userSize))"
      }
      return "\(state)heap chunk \(hex(chunk.userStart)) +\(offset)"
    default: return investigation.region(address)
    }
  }

  /// The place in the program where a thread waits: "worker (hang.c:12)"; nil where the stack does not show it.
  package func place(of wait: ThreadWait) -> String? {
    guard wait.frames.indices.contains(wait.libraryFrames) else { return nil }
    return investigation.sourcePlace(wait.frames[wait.libraryFrames])
  }
}

extension Investigation {
  /// The function of a frame, with the line in it where that is known: "worker (hang.c:12)".
  func sourcePlace(_ frame: Frame) -> String {
    let resolution = names.resolve([frame.lookupAddress]).first ?? .none
    // The function's own line, not that of what was inlined into it.
    let own = resolution.inlined.last.map(\.callSite) ?? resolution.location
    guard let location = own, location.line > 0 else { return function(frame.lookupAddress) }
    return "\(functionName(of: frame)) (\(location.fileName):\(location.line))"
  }
}
