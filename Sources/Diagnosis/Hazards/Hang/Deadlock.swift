internal import Machine
internal import Targets

/// Threads that wait for each other in a circle, or one that waits for what it holds itself.
///
/// Proved only where every owner was read from a lock that says it is locked and waited for, and every one of the
/// threads sleeps without a limit on the very word of the next lock.
enum Deadlock {
  /// How many circles are told, and how many threads of one in its statement.
  private static let mostCircles = 8
  private static let mostNamed = 4

  static func findings(_ graph: WaitGraph, _ investigation: Investigation) -> [Finding] {
    graph.cycles.prefix(mostCircles).compactMap { finding($0, graph, investigation) }
  }

  private static func finding(_ cycle: [Int], _ graph: WaitGraph, _ investigation: Investigation) -> Finding? {
    let waits = cycle.compactMap { graph.waits[$0] }
    guard waits.count == cycle.count, let first = waits.first, let object = first.object else { return nil }
    let sites = LockSites(investigation)
    let other = waits.count == 1 ? OtherReleaser.reason(first, graph, sites, investigation) : nil
    let isProved = waits.allSatisfy(isCertain) && other == nil
    let evidence = waits.flatMap { edge($0, graph, sites, investigation) }
    guard waits.count > 1 else {
      return Finding(
        hazard: .selfDeadlock, certainty: isProved ? .proved : .likely, thread: first.tid,
        statement: object.kind == "thread"
          ? "Thread \(first.tid) waits for its own end."
          : "Thread \(first.tid) waits for \(graph.described(object)), which it \(object.owner != nil ? "" : "probably ")holds itself"
            + (graph.place(of: first).map { ": it wants it a second time in \($0)." } ?? "."),
        evidence: evidence, refutedBy: other ?? refutation(waits, isProved),
        remedies: object.kind == "thread"
          ? ["Join a thread from another one, or detach it."]
          : [
            "Give the lock back before \(graph.place(of: first) ?? "the second call"), or split the function into one that "
              + "takes the lock and one that expects it held.",
            "A recursive mutex would let it pass, and hide that the data were being changed when they were read.",
          ])
    }
    return Finding(
      hazard: .deadlock, certainty: isProved ? .proved : .likely, thread: first.tid,
      statement: statement(waits, graph, isProved), evidence: evidence, refutedBy: refutation(waits, isProved),
      remedies: remedies(waits, graph))
  }

  /// Whether nothing but the next thread in the circle can end a wait.
  static func isCertain(_ wait: ThreadWait) -> Bool {
    guard let object = wait.object, let futex = wait.futex, object.owner != nil, object.isHeld, object.isExclusive,
      !wait.hasTimeout, !futex.hasTimeout, futex.address != nil
    else { return false }
    // The kernel wakes who joins a thread as if it were another process's.
    return wait.isPrivate || object.kind == "thread"
  }

  private static func statement(_ waits: [ThreadWait], _ graph: WaitGraph, _ isProved: Bool) -> String {
    let lead = "\(waits.count) threads \(isProved ? "wait" : "seem to wait") for each other: "
    let parts = waits.prefix(mostNamed).enumerated().map { index, wait -> String in
      let next = waits[(index + 1) % waits.count].tid
      guard let object = wait.object else { return "" }
      if object.kind == "thread" { return "thread \(wait.tid) waits for thread \(next) to end" }
      return "thread \(wait.tid) waits for \(graph.described(object)), which thread \(next) "
        + (object.owner != nil ? "holds" : "seems to hold")
    }
    let more = waits.count > mostNamed ? "; and so on, through \(waits.count - mostNamed) more" : ""
    return lead + parts.joined(separator: "; ") + more + ". None of them can go on."
  }

  /// What was read of one wait of the circle: the lock, and where its owner took it, if that is seen.
  private static func edge(
    _ wait: ThreadWait, _ graph: WaitGraph, _ sites: LockSites, _ investigation: Investigation
  ) -> [Evidence] {
    guard let object = wait.object else { return [] }
    var result = [
      object.kind == "thread"
        ? investigation.evidence(
          "thread \(wait.tid) is in \(graph.waiting(wait)), and waits for \(object.name) to end: \(object.state)",
          at: object.address, count: object.size)
        : graph.lockEvidence(wait, object, investigation)
    ]
    guard let holder = graph.holder(of: wait), let index = graph.thread(holder.tid), object.kind != "thread" else {
      return result
    }
    if !holder.isRead, let guess = graph.guesses[wait.node] {
      result.append(
        Evidence(
          "thread \(holder.tid) seems to hold it: \(guess.reason)", address: guess.evidence.address,
          bytes: guess.evidence.bytes))
    } else if let place = sites.taken(by: index, graph.waits[index], among: [object.address])[object.address] {
      result.append(
        investigation.evidence("thread \(holder.tid) took it at \(place.text), and is still in there", of: place.pc))
    }
    return result
  }

  private static func refutation(_ waits: [ThreadWait], _ isProved: Bool) -> String {
    if isProved { return "a signal handler, or another process with this memory, that gives one of the locks back" }
    if waits.contains(where: { $0.object?.owner == nil }) {
      return "a lock that another thread holds: its memory does not say by whom it is held, so that was inferred"
    }
    if waits.contains(where: { $0.object?.kind == "python-gil" }) {
      return "an interpreter that was just handing its lock over"
    }
    return waits.contains { $0.futex?.address == nil }
      ? "a lock other than the one that was inferred: the kernel has overwritten the register with its address"
      : "another process that shares one of the locks, and gives it back"
  }

  private static func remedies(_ waits: [ThreadWait], _ graph: WaitGraph) -> [String] {
    let joins = waits.filter { $0.object?.kind == "thread" }
    let places = graph.places(of: waits.prefix(mostNamed))
    let where_ =
      places.isEmpty
      ? "" : places.count == 1 ? " The place is \(places[0])." : " The places are \(places.joined(separator: " and "))."
    if waits.contains(where: { $0.object?.kind == "python-gil" }) {
      return [
        "Do not wait for a lock of C or C++ while the interpreter's is held: give that back before, with "
          + "Py_BEGIN_ALLOW_THREADS, py::gil_scoped_release, or ctypes.CDLL instead of PyDLL." + where_,
        "Or give the other lock back before Python is called.",
      ]
    }
    if joins.count > 0 {
      return [
        "Do not hold a lock while a thread is joined that needs it: give it back before the join." + where_,
        "If the thread must be told to end, do so before it is joined, and without the lock.",
      ]
    }
    return [
      "Take these locks in the same order everywhere, or all at once (std::scoped_lock, std::lock)." + where_,
      "Or give the first lock back before code is called that takes the other one: callbacks, logging, destructors.",
      "Build with -fsanitize=thread, or run under `valgrind --tool=helgrind`: both tell of such orders before they meet.",
    ]
  }
}
