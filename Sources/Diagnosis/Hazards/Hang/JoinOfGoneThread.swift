internal import Machine
internal import Targets

/// A thread waits for the end of one that the process does not have any more: nothing will wake it.
enum JoinOfGoneThread {
  static func findings(_ graph: WaitGraph, _ investigation: Investigation) -> [Finding] {
    graph.waits.compactMap(\.self).lazy.filter { wait in
      guard let object = wait.object, object.kind == "thread", let joined = object.owner, !wait.hasTimeout else {
        return false
      }
      return object.isHeld && !graph.records.isAlive(joined)
    }.prefix(4).compactMap { finding($0, graph, investigation) }
  }

  private static func finding(_ wait: ThreadWait, _ graph: WaitGraph, _ investigation: Investigation) -> Finding? {
    guard let object = wait.object, let joined = object.owner else { return nil }
    let pid = investigation.target.process.pid.flatMap { graph.records.recordedID(of: $0) }
    let isForked = joined == -1 || pid.map { joined < $0 } ?? false
    // The kernel clears the id when it ends the thread: in between a dump may fall, though hardly.
    let isCertain =
      wait.futex?.address != nil && wait.role == .join && !investigation.isIncomplete && !graph.records.isForeign
    let read = investigation.evidence(
      "thread \(wait.tid) is in \(graph.waiting(wait)), and sleeps until the joined thread ends: \(object.state)",
      at: object.address, count: object.size)
    return Finding(
      hazard: .joinOfGoneThread, certainty: isCertain && !isForked ? .proved : .likely, thread: wait.tid,
      statement: isForked
        ? "Thread \(wait.tid) waits for the end of a thread that this process never had: it was one of the parent's, and "
          + "fork takes only the calling thread along."
        : "Thread \(wait.tid) waits for the end of thread \(joined), which the process does not have any more. It ended "
          + "without waking who joins it.",
      evidence: [
        read,
        Evidence(graph.threadList(without: joined, investigation)),
      ],
      refutedBy:
        "a dump that does not hold all threads, or fell between the thread's last instruction and the kernel's note "
        + "of its end",
      remedies: isForked
        ? [
          "Do not join threads after fork: forget their ids in the child (pthread_atfork).", "Use posix_spawn instead.",
        ]
        : [
          "Look at how the thread ends: with a system call of its own (SYS_exit) or after set_tid_address it leaves libc's "
            + "record as it is; with return or pthread_exit it does not.",
          "Look for writes into its record: it lies at the top of the thread's own stack, where an overrun buffer reaches it.",
        ])
  }
}
