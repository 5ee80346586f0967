internal import Targets

/// What the findings of hangs have in common: how a wait is put into evidence, and which process can no longer be woken.
extension WaitGraph {
  /// That a thread waits for a lock, with the lock's bytes; nil where what it waits for is no object in memory.
  func lockEvidence(_ wait: ThreadWait, _ investigation: Investigation) -> Evidence? {
    wait.object.map { lockEvidence(wait, $0, investigation) }
  }

  /// The same, of a wait whose object is at hand.
  func lockEvidence(_ wait: ThreadWait, _ object: WaitObject, _ investigation: Investigation) -> Evidence {
    investigation.evidence(
      "thread \(wait.tid) is in \(waiting(wait)), and waits for \(described(object)), a \(object.name): "
        + object.state, at: object.address, count: object.size)
  }

  /// "Thread 12 and 3 others wait": those that wait for the same.
  func waiters(for wait: ThreadWait) -> String {
    let others = waits.count { $0?.node == wait.node } - 1
    guard others > 0 else { return "Thread \(wait.tid) waits" }
    return "Thread \(wait.tid) and \(grouped(UInt64(others))) other\(others == 1 ? "" : "s") wait"
  }

  /// "the process has 2 threads (12, 13): 15 is none of them"; by the ids that memory holds.
  func threadList(without owner: Int32, _ investigation: Investigation) -> String {
    let threads = investigation.target.threads
    let ids = records.isForeign ? records.recordedIDs : threads.map(\.tid)
    let shown = ids.prefix(6).map { "\($0)" }.joined(separator: ", ") + (ids.count > 6 ? ", …" : "")
    let count = threads.count == 1 ? "one thread" : "\(grouped(UInt64(threads.count))) threads"
    return "the process has \(count) (\(records.isForeign ? "in its own memory by the ids " : "")\(shown))"
      + (owner > 0 ? ": \(owner) is none of them" : "")
  }

  /// Where threads wait, each place once, in order.
  func places(of waits: some Sequence<ThreadWait>) -> [String] {
    var seen: Set<String> = []
    return waits.compactMap { place(of: $0) }.filter { seen.insert($0).inserted }
  }

  /// All waits, where every thread waits for another to wake it: nil where one may run, or where time, other processes,
  /// descriptors or signals may wake one, and that one all others.
  func waitsOfAll(_ investigation: Investigation) -> [ThreadWait]? {
    let waits = waits.compactMap(\.self)
    guard waits.count == investigation.target.threads.count, !investigation.isIncomplete else { return nil }
    let isClosed = waits.allSatisfy { wait in
      guard let object = wait.object else { return false }
      return object.isHeld && !wait.hasTimeout && (wait.isPrivate || object.kind == "thread")
    }
    return isClosed ? waits : nil
  }

  /// "Both threads", "All 5,003 threads".
  static func everyThread(_ count: Int) -> String {
    count == 2 ? "Both threads" : "All \(grouped(UInt64(count))) threads"
  }
}

extension Investigation {
  /// Where a hang may be one of locks that no core tells of: what to ask instead; nil elsewhere.
  var unreadLocks: String? {
    guard target.modules.contains(where: { $0.name.hasPrefix("libjvm.so") }) else { return nil }
    return
      "If it hung: Java's monitors and locks are not read from a core. Ask the next one: `jcmd PID Thread.print`, or "
      + "`jstack PID`, tells who waits for whom."
  }
}
