internal import Bytes
internal import Machine
internal import Processes

/// Waits for System V semaphores and messages. Nobody holds these: whoever knows the number of one can use it. So nothing is
/// certain, and only where all the relatives of a process are looked at is it taken that nobody else knows it.
extension TreeWaitCollector {
  /// More operations are not looked at.
  private static let mostOperations: UInt64 = 64

  func semaphores(
    _ id: Int32, _ array: UInt64, _ count: UInt64, _ pid: Int32, _ memory: ProcessMemory, _ make: Maker
  ) -> TreeWait {
    func open(_ text: String) -> TreeWait { make(.semaphores, text, [], true, []) }
    let plain = "waits for System V semaphore set \(id)"
    guard isOwnNamespace(pid), count <= Self.mostOperations, let set = SemaphoreSet(id) else { return open(plain) }
    var operations: [SemaphoreSet.Operation] = []
    for index in 0..<count {
      // struct sembuf: the semaphore's number, the change, flags.
      guard let number = memory.load(UInt16.self, at: array &+ 6 &* index),
        let change = memory.load(UInt16.self, at: array &+ 6 &* index &+ 2)
      else { return open(plain) }
      operations.append(SemaphoreSet.Operation(number: number, change: Int16(bitPattern: change)))
    }
    guard let blocked = set.blocked(operations) else { return open(plain) }
    let number = Int(blocked.number)
    let last = set.lastProcesses[number]
    let who = last == 0 ? "" : ", and \(last == pid ? "it itself" : describe(last)) used it last"
    let text = "waits for System V semaphore \(number) of set \(id) (its value is \(set.values[number])\(who))"
    guard !set.hasKey, isWholeTree, !set.lastProcesses.contains(where: isStranger) else { return open(text) }
    return make(
      .semaphores, text, tables.keys.sorted().map { .process($0) }, false,
      ["any process that knows the number of semaphore set \(id) may change it"])
  }

  func messages(_ id: Int32, _ reads: Bool, _ size: UInt64, _ pid: Int32, _ make: Maker) -> TreeWait {
    let text = "waits to \(reads ? "receive from" : "send to") System V message queue \(id)"
    let kind = TreeWait.Kind.queue("System V message queue \(id)", reads: reads)
    // Of messages that are there none may be of the type that is waited for.
    guard isOwnNamespace(pid), let queue = MessageQueue(id), reads ? queue.messages == 0 : queue.room < size,
      !queue.hasKey, isWholeTree, !queue.lastProcesses.contains(where: isStranger)
    else { return make(kind, text, [], true, []) }
    return make(
      kind, text, tables.keys.sorted().map { .process($0) }, false,
      ["any process that knows the number of message queue \(id) may use it"])
  }

  /// Whether a process has the same System V objects as we.
  private func isOwnNamespace(_ pid: Int32) -> Bool {
    guard let own = ProcFile.link("/proc/self/ns/ipc") else { return false }
    return ProcFile.link("/proc/\(pid)/ns/ipc") == own
  }

  /// Whether a process lives that is not looked at.
  private func isStranger(_ process: Int32) -> Bool {
    process != 0 && tables[process] == nil && ProcessFacts.ofProcess(process) != nil
  }

  private func describe(_ process: Int32) -> String {
    guard let facts = ProcessFacts.ofProcess(process) else { return "process \(process), which is gone" }
    return "\(facts.name) (\(process))"
  }

  /// Whether the processes are one that we have started, and all its descendants.
  func findWhetherWholeTree() -> Bool {
    guard let own = ProcFile.link("/proc/self").flatMap({ Int32($0) }) else { return false }
    return tables.keys.allSatisfy { process in
      guard let parent = ProcessFacts.ofProcess(process)?.parent, parent == own || tables[parent] != nil else {
        return false
      }
      return ProcessChildren.all(of: process).allSatisfy { tables[$0] != nil }
    }
  }
}
