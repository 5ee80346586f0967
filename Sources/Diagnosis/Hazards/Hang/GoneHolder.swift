internal import Machine
internal import Targets

/// A lock whose owner is no thread of the process: it has ended with the lock, or it never was one, since the lock was
/// taken before fork.
enum GoneHolder {
  private static let mostLocks = 8

  static func findings(_ graph: WaitGraph, _ investigation: Investigation) -> [Finding] {
    var seen: Set<UInt64> = []
    var result: [Finding] = []
    for case let wait? in graph.waits where result.count < mostLocks {
      guard let object = wait.object, object.kind != "thread", object.isHeld, !wait.hasTimeout else { continue }
      if object.isOrphaned, seen.insert(object.address).inserted {
        result.append(orphaned(wait, object, graph, investigation))
        continue
      }
      guard let owner = object.owner, !graph.records.isAlive(owner), seen.insert(object.address).inserted else {
        continue
      }
      // What other processes can take, one of theirs may hold.
      guard wait.isPrivate || wait.futex?.isPriorityInheriting == true else { continue }
      result.append(finding(wait, object, owner, graph, investigation))
    }
    return result
  }

  /// The lock itself says that its owner has ended.
  private static func orphaned(
    _ wait: ThreadWait, _ object: WaitObject, _ graph: WaitGraph, _ investigation: Investigation
  ) -> Finding {
    Finding(
      hazard: .lockHeldByGoneThread, certainty: wait.isPrivate ? .proved : .likely, thread: wait.tid,
      statement:
        "Thread \(wait.tid) waits for \(graph.described(object)), whose owner has ended without giving it back: "
        + "nobody will.",
      evidence: [
        investigation.evidence(
          "thread \(wait.tid) is in \(graph.waiting(wait)), and waits for \(graph.described(object)), a \(object.name): "
            + object.state, at: object.address, count: object.size)
      ],
      refutedBy: "a word that was overwritten", remedies: remedies("its owner"))
  }

  private static func remedies(_ owner: String) -> [String] {
    [
      "Look for a way out of \(owner)'s function that does not unlock: an early return, pthread_exit, a cancellation, an "
        + "exception. Let a guard unlock (std::lock_guard, pthread_cleanup_push).",
      "A robust mutex (PTHREAD_MUTEX_ROBUST) tells the next one who takes it, with EOWNERDEAD.",
    ]
  }

  private static func finding(
    _ wait: ThreadWait, _ object: WaitObject, _ owner: Int32, _ graph: WaitGraph, _ investigation: Investigation
  ) -> Finding {
    let process = investigation.target.process
    let threads = investigation.target.threads
    let others = graph.waits.count { $0?.node == wait.node } - 1
    let who =
      others > 0 ? "Thread \(wait.tid) and \(others) other\(others == 1 ? "" : "s") wait" : "Thread \(wait.tid) waits"
    let read = investigation.evidence(
      "thread \(wait.tid) is in \(graph.waiting(wait)), and waits for \(graph.described(object)), a \(object.name): "
        + object.state, at: object.address, count: object.size)
    let ids = threads.prefix(6).map { "\($0.tid)" }.joined(separator: ", ") + (threads.count > 6 ? ", …" : "")
    let list = Evidence(
      "the process has \(threads.count == 1 ? "one thread" : "\(grouped(UInt64(threads.count))) threads") (\(ids)): "
        + "\(owner) is none of them")
    // Ids of a process's threads are given after its own. Smaller ones are the parent's, but for a wrap of all ids.
    if let pid = process.pid, owner < pid {
      let isParent = owner == process.parentPID
      return Finding(
        hazard: .lockHeldAcrossFork,
        certainty: isParent && !investigation.isIncomplete && Deadlock.isCertain(wait) ? .proved : .likely,
        thread: wait.tid,
        statement: "\(who) for \(graph.described(object)). Its owner, thread \(owner), "
          + (isParent ? "is the main thread of the parent process" : "was probably a thread of the parent process")
          + ": it held the lock when this process was forked, and fork takes only the calling thread along.",
        evidence: [
          read, list,
          Evidence(
            isParent
              ? "\(owner) is the id of the parent process"
              : "\(owner) is less than this process's own id, \(pid), and ids are given in ascending order"),
        ],
        refutedBy: isParent
          ? "a lock that lies in memory shared with the parent, which the parent will give back"
          : "an id that was given anew after the kernel's ids had wrapped (/proc/sys/kernel/pid_max)",
        remedies: [
          "After fork in a program with threads, call only functions that are safe in signal handlers, until exec.",
          "Use posix_spawn or vfork and exec instead, or fork before the first thread starts.",
          "pthread_atfork can take the lock before fork and give it back on both sides, if fork must stay.",
        ])
    }
    return Finding(
      hazard: .lockHeldByGoneThread,
      certainty: Deadlock.isCertain(wait) && !investigation.isIncomplete ? .proved : .likely, thread: wait.tid,
      statement:
        "\(who) for \(graph.described(object)), which thread \(owner) holds. That thread has ended without giving "
        + "it back: nobody will.",
      evidence: [read, list],
      refutedBy: "a dump that does not hold all threads",
      remedies: remedies("thread \(owner)"))
  }
}
