internal import Machine
internal import Heaps
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
  private static let mostLocks = 16
  private static let mostThreads = 512
  private static let searchedBytes: UInt64 = 32 << 10

  /// By node (``ThreadWait/node``).
  static func guesses(for waits: [ThreadWait?], _ investigation: Investigation) -> [String: HolderGuess] {
    var locks: [UInt64: String] = [:]
    var readers: [UInt64: UInt32] = [:]
    var initialisations: Set<UInt64> = []
    for case let wait? in waits where locks.count < mostLocks {
      guard let object = wait.object, object.owner == nil, object.isHeld, object.isLock else { continue }
      locks[object.address] = wait.node
      if let count = object.readers { readers[object.address] = count }
      if object.kind == "once" { initialisations.insert(object.address) }
    }
    // Who is not looked at may hold them.
    guard !locks.isEmpty, waits.count <= mostThreads else { return [:] }
    let addresses = Set(locks.keys)
    var found: [UInt64: [HolderGuess]] = [:]
    let sites = LockSites(investigation)
    for index in waits.indices {
      let own = waits[index]?.object?.address
      let places = sites.taken(by: index, waits[index], among: addresses)
      if !initialisations.isEmpty {
        for (address, guess) in OnceRunner.guesses(index, waits[index], initialisations, investigation)
        where places[address] == nil {
          found[address, default: []].append(guess)
        }
      }
      for (address, place) in places {
        found[address, default: []].append(
          HolderGuess(
            thread: index, reason: "it took it at \(place.text), and is still in that function",
            evidence: Evidence("took \(hex(address)) at \(place.text)", address: place.pc)))
      }
      for (address, place) in references(by: index, waits[index], to: addresses, investigation)
      where address != own && places[address] == nil {
        found[address, default: []].append(
          HolderGuess(
            thread: index, reason: "its \(place) refers to the lock, as that of who holds it does, and no other's",
            evidence: Evidence("the \(place) refers to \(hex(address))")))
      }
    }
    var result: [String: HolderGuess] = [:]
    // Two that may hold it are none, but for one that was seen to take it. Nor is one enough where another thread, which
    // does not wait for it, refers to what lies around it: to the object that it is part of.
    for (address, guesses) in found {
      let start = guesses.contains { $0.evidence.address != nil } ? nil : object(around: address, investigation)
      if let start, let only = guesses.first,
        investigation.target.threads.indices.contains(where: { index in
          index != only.thread && waits[index]?.object?.address != address
            && refers(to: start...address, index, investigation)
        })
      {
        continue
      }
      if let count = readers[address] {
        // Each of them is waited for: one that cannot go on is enough. Who only refers to it may be any thread.
        let seen = guesses.filter { $0.evidence.address != nil }
        let reader = seen.first { waits[$0.thread].map { !$0.hasTimeout } ?? false } ?? seen.first
        if let node = locks[address], let reader = reader ?? (count == 1 && guesses.count == 1 ? guesses[0] : nil) {
          result[node] = reader
        }
        continue
      }
      guard let node = locks[address], guesses.count == 1 || guesses.count(where: { $0.evidence.address != nil }) == 1,
        let guess = guesses.first(where: { guesses.count == 1 || $0.evidence.address != nil })
      else { continue }
      result[node] = guess
    }
    return result
  }

  /// Where the object begins that a lock is part of: its chunk of the heap, or else close before it.
  static func object(around lock: UInt64, _ investigation: Investigation) -> UInt64 {
    let start = investigation.heapChunk(containing: lock)?.userStart
    return start.map { min($0, lock) } ?? (lock &- min(lock, 64))
  }

  /// Whether a thread's stack or registers hold one of the addresses.
  static func refers(
    to object: ClosedRange<UInt64>, _ index: Int, _ investigation: Investigation
  ) -> Bool {
    let thread = investigation.target.threads[index]
    for number in 0..<31 where number != investigation.architecture.stackPointerRegister {
      if let value = thread.registers[number], object.contains(value) { return true }
    }
    guard let (range, window) = searched(index, nil, investigation) else { return false }
    var slot = range.lowerBound
    while slot < range.upperBound {
      if let word = window.load(UInt64.self, at: slot), object.contains(word) { return true }
      slot += 8
    }
    return false
  }

  /// The part of a thread's stack that belongs to the program's own functions, whole words, and the memory it lies in.
  private static func searched(
    _ index: Int, _ wait: ThreadWait?, _ investigation: Investigation
  ) -> (Range<UInt64>, MemoryWindow)? {
    let first = programFrame(wait)
    let pointer = investigation.target.threads[index].registers.stackPointer(investigation.architecture)
    guard let low = first?.stackPointer ?? pointer, low != 0, let window = investigation.memory.window(containing: low)
    else { return nil }
    let outermost = investigation.walk(ofThread: index).frames.last?.cfa ?? 0
    let reach = min(window.end - low, searchedBytes)
    let end = outermost > low && outermost - low < reach ? outermost : low + reach
    let start = low % 8 == 0 ? low : low + (8 - low % 8)
    return start < end ? (start..<end, window) : nil
  }

  /// The innermost frame that is the program's own.
  private static func programFrame(_ wait: ThreadWait?) -> Frame? {
    wait.flatMap { $0.frames.indices.contains($0.libraryFrames) ? $0.frames[$0.libraryFrames] : nil }
  }

  /// Where the frames of the program's own functions, and the registers that they keep, hold a lock's address: "stack,
  /// at 0x7f…," or "register rbx". What libraries left below says nothing.
  private static func references(
    by index: Int, _ wait: ThreadWait?, to locks: Set<UInt64>, _ investigation: Investigation
  ) -> [UInt64: String] {
    let thread = investigation.target.threads[index]
    var result: [UInt64: String] = [:]
    let first = programFrame(wait)
    if let registers = first.flatMap({ investigation.stacks.registers(ofFrame: $0.number, from: thread.registers) })
      ?? (first == nil ? thread.registers : nil)
    {
      for number in 0..<31 where number != investigation.architecture.stackPointerRegister {
        guard let value = registers[number], locks.contains(value), result[value] == nil else { continue }
        result[value] = "register \(investigation.registerName(number))"
      }
    }
    guard let (range, window) = searched(index, wait, investigation) else { return result }
    var slot = range.lowerBound
    while slot < range.upperBound {
      if let word = window.load(UInt64.self, at: slot), locks.contains(word), result[word] == nil {
        result[word] = "stack, at \(hex(slot)),"
      }
      slot += 8
    }
    return result
  }
}
