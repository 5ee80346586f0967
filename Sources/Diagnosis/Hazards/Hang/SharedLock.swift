internal import Machine
internal import Targets

/// A lock in memory that other processes may have as well, though it was made for the threads of one: its owner is none of
/// this process's threads, and a thread sleeps for it where no other process can wake it.
enum SharedLock {
  static func finding(
    _ wait: ThreadWait, _ object: WaitObject, _ owner: Int32, _ graph: WaitGraph, _ investigation: Investigation
  ) -> Finding {
    let path = investigation.target.mapping(containing: object.address)?.path ?? "a file"
    return Finding(
      hazard: .lostWakeup, certainty: .likely, thread: wait.tid,
      statement:
        "\(graph.waiters(for: wait)) for \(graph.described(object)), which lies in memory that other processes may "
        + "have, too, and is held by thread \(owner): that is none of this process's. Should it give the lock back, it "
        + "wakes nobody here: the lock was made for the threads of one process.",
      evidence: [
        investigation.evidence(
          "thread \(wait.tid) is in \(graph.waiting(wait)), and waits for \(graph.described(object)), a \(object.name): "
            + object.state, at: object.address, count: object.size),
        Evidence(graph.threadList(without: owner, investigation)),
        Evidence("it lies in the mapping of \(path), which no module is part of"),
        Evidence("it sleeps by a futex of this process alone (FUTEX_PRIVATE_FLAG): only its own threads can wake it"),
      ],
      refutedBy:
        "a mapping that is private to this process (MAP_PRIVATE): then the owner has ended without giving it back",
      remedies: [
        "Make the lock with pthread_mutexattr_setpshared(PTHREAD_PROCESS_SHARED), or the like of its kind.",
        "A robust mutex (PTHREAD_MUTEX_ROBUST) tells the next one who takes it that its owner has ended, with EOWNERDEAD.",
      ])
  }
}

extension Investigation {
  /// Whether other processes may have the memory at `address`: a file is mapped there, named or not, that is no module.
  /// Memory that is shared without a name is `/dev/zero`, `/memfd:…` or `/SYSV…` in the list of mappings.
  func mayBeShared(_ address: UInt64) -> Bool {
    guard target.mapping(containing: address)?.path != nil else { return false }
    return target.moduleIndex(containing: address) == nil
  }
}
