internal import Machine
internal import Targets

/// Every thread waits to be woken by another, and none is left to do it. What did not happen cannot be read from memory:
/// likely at most.
enum LostWakeup {
  /// What another thread must do something for.
  private static let signalled: Set<String> = [
    "condition-variable", "semaphore", "barrier", "park", "atomic", "futex", "dispatch-queue", "python-lock",
  ]

  static func finding(_ graph: WaitGraph, _ investigation: Investigation) -> Finding? {
    guard let waits = graph.waitsOfAll(investigation), let first = waits.first(where: { signalled.contains($0.kind) })
    else { return nil }
    var kinds: [String: Int] = [:]
    for wait in waits { kinds[wait.kind, default: 0] += 1 }
    let counts = kinds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { kind, count in
      "\(count) for a \(kind == "thread" ? "thread's end" : WaitGraph.noun(kind))"
    }
    let isAlone = waits.count == 1
    let shown = waits.filter { signalled.contains($0.kind) }.prefix(6)
    // A futex of which nothing is known may be anybody's to wake.
    let isKnown = waits.allSatisfy { $0.kind != "futex" }
    return Finding(
      hazard: .lostWakeup, certainty: isKnown ? .likely : .possible, thread: first.tid,
      statement: isAlone
        ? "The process's only thread waits to be woken (\(graph.sentence(first))), and no other thread is there to do it."
        : WaitGraph.everyThread(waits.count)
          + " wait without a limit of time, and only for each other: "
          + counts.joined(separator: ", ") + ". None is left that could wake one.",
      evidence: shown.compactMap { wait in
        wait.object.map { object in
          investigation.evidence(
            "thread \(wait.tid) is in \(graph.waiting(wait)), and \(graph.sentence(wait))"
              + (object.state.isEmpty ? "" : ": \(object.state)"), at: object.address, count: object.size)
        }
      },
      refutedBy: "a signal handler that wakes one of them, or a thread that was about to start",
      remedies: (waits.contains { $0.kind == "python-lock" }
        ? [
          "Python's locks do not say who holds them. Look at the Python stacks of the threads (`py-spy dump`, "
            + "faulthandler.dump_traceback_later) for two locks that are taken in different orders."
        ] : []) + [
          "Look for a wake-up that came before the wait: the condition must be a variable that is changed and tested under the "
            + "mutex, and tested again in a loop around the wait.",
          "Look for one wake-up that two waited for: signal where broadcast was meant, or one post for two waits.",
          "Look for a thread that ended, or returned early, without waking the others.",
        ])
  }
}
