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
      if investigation.mayBeShared(object.address) {
        // What other processes can take, one of theirs may hold; but it must be able to wake this one, too.
        if wait.isPrivate { result.append(SharedLock.finding(wait, object, owner, graph, investigation)) }
        continue
      }
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
      evidence: [graph.lockEvidence(wait, object, investigation)],
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
    let read = graph.lockEvidence(wait, object, investigation)
    let list = Evidence(graph.threadList(without: owner, investigation))
    // Ids of a process's threads are given after its own. Smaller ones are the parent's, but for a wrap of all ids.
    if let pid = investigation.target.process.pid.flatMap({ graph.records.recordedID(of: $0) }), owner < pid {
      return forked(wait, object, owner, pid, [read, list], graph, investigation)
    }
    return Finding(
      hazard: .lockHeldByGoneThread, certainty: certainty(wait, graph, investigation), thread: wait.tid,
      statement:
        "\(graph.waiters(for: wait)) for \(graph.described(object)), which thread \(owner) holds. That thread has ended "
        + "without giving it back: nobody will.",
      evidence: [read, list],
      refutedBy: graph.records.areIDsDoubtful
        ? "ids in the program's memory that are those of another pid namespace than the dump's"
        : "a dump that does not hold all threads",
      remedies: remedies("thread \(owner)"))
  }

  /// Proved only where the ids in memory are known to be those of the dump.
  private static func certainty(
    _ wait: ThreadWait, _ graph: WaitGraph, _ investigation: Investigation
  ) -> Certainty {
    guard !graph.records.areIDsDoubtful else { return .possible }
    return Deadlock.isCertain(wait) && !investigation.isIncomplete && !graph.records.isForeign
      && graph.records.idOffset != nil ? .proved : .likely
  }

  /// The owner's id is one of before the process was forked.
  private static func forked(
    _ wait: ThreadWait, _ object: WaitObject, _ owner: Int32, _ pid: Int32, _ evidence: [Evidence],
    _ graph: WaitGraph, _ investigation: Investigation
  ) -> Finding {
    let process = investigation.target.process
    let isParent = owner == process.parentPID && !graph.records.isForeign
    let isCopy = isParent && isOnMainStack(wait, investigation)
    let story =
      isCopy
      ? "is the main thread of the parent process, which called fork while it held the lock: this process is the copy of "
        + "that thread, under an id of its own, and nobody gives the lock back."
      : (isParent
        ? "is the main thread of the parent process" : "was probably a thread of the parent process")
        + ": it held the lock when this process was forked, and fork takes only the calling thread along."
    return Finding(
      hazard: .lockHeldAcrossFork, certainty: isParent ? certainty(wait, graph, investigation) : .likely,
      thread: wait.tid,
      statement: "\(graph.waiters(for: wait)) for \(graph.described(object)). Its owner, thread \(owner), \(story)",
      evidence: evidence + [
        Evidence(
          isParent
            ? "\(owner) is the id of the parent process"
            : "\(owner) is less than this process's own id, \(pid), and ids are given in ascending order")
      ],
      refutedBy: isParent
        ? "a lock that lies in memory shared with the parent, which the parent will give back"
        : "an id that was given anew after the kernel's ids had wrapped (/proc/sys/kernel/pid_max)",
      remedies: isCopy
        ? [
          "Give the lock back before fork, or on both sides of it (pthread_atfork).",
          "Use posix_spawn or vfork and exec instead, or fork before the first thread starts.",
        ]
        : [
          "After fork in a program with threads, call only functions that are safe in signal handlers, until exec.",
          "Use posix_spawn or vfork and exec instead, or fork before the first thread starts.",
          "pthread_atfork can take the lock before fork and give it back on both sides, if fork must stay.",
        ])
  }

  /// Whether a thread runs on the stack that the kernel made for the program: then it was the main thread that forked.
  private static func isOnMainStack(_ wait: ThreadWait, _ investigation: Investigation) -> Bool {
    guard investigation.target.threads.indices.contains(wait.thread),
      let random = investigation.target.auxiliaryVector[AuxiliaryVector.random],
      let pointer = investigation.target.threads[wait.thread].registers.stackPointer(investigation.architecture)
    else { return false }
    return investigation.target.mapping(containing: random)?.contains(pointer) == true
  }
}
