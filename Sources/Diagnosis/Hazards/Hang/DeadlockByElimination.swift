internal import Machine
internal import Targets

/// All threads wait for each other, some for locks that do not tell by whom they are held (Rust's, Go's, C++20's): no
/// circle can be read, but whoever holds them is one of those who wait, or is gone.
///
/// Likely at most: which thread holds which lock is not known.
enum DeadlockByElimination {
  private static let mostNamed = 4

  static func finding(_ graph: WaitGraph, _ investigation: Investigation) -> Finding? {
    guard let waits = graph.waitsOfAll(investigation) else { return nil }
    let silent = waits.filter { wait in wait.object.map { $0.owner == nil && $0.isLock } ?? false }
    guard let first = silent.first else { return nil }
    let isAlone = waits.count == 1
    let shown = silent.prefix(mostNamed)
    let named = shown.map { wait in
      "thread \(wait.tid) waits for \(wait.object.map(graph.described) ?? "a lock")"
        + (graph.place(of: wait).map { " in \($0)" } ?? "")
    }
    let more = silent.count > shown.count ? "; and \(silent.count - shown.count) more wait likewise" : ""
    let lead =
      isAlone
      ? "The process's only thread waits for a lock"
      : "\(WaitGraph.everyThread(waits.count)) wait, and none can go on"
    let places = graph.places(of: shown)
    return Finding(
      hazard: isAlone ? .selfDeadlock : .deadlock, certainty: .likely, thread: first.tid,
      statement: "\(lead): \(named.joined(separator: "; "))\(more). "
        + (isAlone
          ? "It took that lock before, or a thread that has ended did and never gave it back."
          : "Such a lock does not say who holds it: one of them does, or a thread that has ended and never gave it back."),
      evidence: shown.compactMap { graph.lockEvidence($0, investigation) } + [
        Evidence("no thread runs, sleeps for a time, or waits for anything from outside the process")
      ],
      refutedBy: "a signal handler that gives a lock back, or a thread that was about to start",
      remedies: [
        "Take these locks in the same order everywhere."
          + (places.isEmpty ? "" : " They are wanted at \(places.joined(separator: " and "))."),
        "Do not hold one while another is taken, a thread is joined, or a callback is called; in Rust, end a guard's life "
          + "early by `drop`, and beware of one that lives as long as a `match` or an `if let`.",
        "Look for a guard that was forgotten (mem::forget, a leaked Box), or a thread that ended with the lock held.",
      ])
  }
}
