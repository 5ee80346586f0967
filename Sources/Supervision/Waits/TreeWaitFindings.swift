package import Diagnosis
internal import Processes

extension TreeWaits {
  /// A finding, and the processes that it is about.
  package struct TreeFinding: Sendable {
    package let finding: Finding
    package let processes: Set<Int32>

    /// Without what it rests on, for the report of one of the processes.
    package var short: Finding {
      Finding(
        hazard: finding.hazard, certainty: finding.certainty, thread: finding.thread, statement: finding.statement,
        evidence: [])
    }
  }

  /// What keeps the tree from going on: processes that wait for each other, for an end that only they themselves hold, or
  /// for one that is gone.
  package var findings: [TreeFinding] {
    let stuck = StuckThreads(self)
    guard !stuck.waits.isEmpty else { return [] }
    return stuck.knots.prefix(16).compactMap { knot in
      let waiting = stuck.processes.subtracting(knot.processes).count
      if knot.processes.count > 1 { return circle(knot, stuck, others: waiting) }
      if let wait = knot.waits.first(where: { if case .lock = $0.kind { $0.enders.isEmpty } else { false } }) {
        return goneOwner(wait, knot)
      }
      return ownEnd(knot, stuck, others: waiting)
    }
  }

  /// Doubts about all of them, as one sentence; nil for none.
  private func doubts(_ knot: StuckThreads.Knot, _ stuck: StuckThreads) -> [String] {
    var result: [String] = []
    for wait in knot.waits {
      for doubt in wait.doubts where !result.contains(doubt) {
        // No child of theirs ends, where all of them are stuck.
        if doubt.contains("handles SIGCHLD, which"),
          ProcessChildren.all(of: wait.process).allSatisfy({ stuck.processes.contains($0) })
        {
          continue
        }
        result.append(doubt)
      }
    }
    return result
  }

  private func others(_ count: Int) -> String {
    count == 0 ? "" : count == 1 ? " Another process waits for them." : " \(count) other processes wait for them."
  }

  // MARK: Several processes

  private func circle(_ knot: StuckThreads.Knot, _ stuck: StuckThreads, others count: Int) -> TreeFinding {
    let steps = shortestCircle(knot)
    let doubts = doubts(knot, stuck)
    let members = Set(steps.map(\.wait.process))
    let number = members.count
    let sentences = steps.map { step in
      let multiple =
        processes.first { $0.image.process == step.wait.process }.map { $0.image.threads.count > 1 } ?? false
      let who = name(step.wait.process) + (multiple ? ", thread \(step.wait.thread)," : "")
      return "\(who) \(Self.ends(step.wait, by: name(step.next)))"
    }
    let more = knot.processes.count - number
    return TreeFinding(
      finding: Finding(
        hazard: .deadlock, certainty: doubts.isEmpty ? .proved : .likely, thread: steps.first?.wait.thread,
        statement: "\(LedgerWords.count(number, "process", "processes")) wait for each other: "
          + sentences.joined(separator: "; ") + ". None of them can go on."
          + (more > 0
            ? " \(LedgerWords.count(more, "more process", "more processes")) of the tree can go on no more." : "")
          + others(count),
        evidence: evidence(knot, first: steps.map(\.wait)),
        refutedBy: doubts.isEmpty
          ? "A process that is not of the tree and ends one of the waits." : doubts.joined(separator: "; ") + ".",
        remedies: remedies(steps.map(\.wait))),
      processes: knot.processes)
  }

  /// "waits to write to pipe:[4711] (descriptor 1), which is full, and which parent (12) does not read".
  private static func ends(_ wait: TreeWait, by other: String) -> String {
    switch wait.kind {
    case .socket(_, true) where wait.text.contains(TCPConnections.unaccepted):
      wait.text + ", which \(other) would have to accept"
    case .pipe(_, let reads), .socket(_, let reads), .queue(_, let reads):
      wait.text
        + (reads ? ", to which \(other) would have to write" : ", which is full, and which \(other) would have to read")
    case .child: wait.text + (wait.text.contains("child \(other)") ? "" : ", which is \(other)")
    case .lock: wait.text + ", of \(other)"
    case .memory: wait.text + " with \(other), which would have to wake it"
    case .fileLock: wait.text + ", which \(other) holds"
    case .descriptors: wait.text + ", which is up to \(other)"
    case .semaphores: wait.text + ", which \(other) would have to change"
    case .own, .other: wait.text
    }
  }

  /// The shortest way from a process of the knot back to it, by waits that lead from one process to another.
  private func shortestCircle(_ knot: StuckThreads.Knot) -> [(wait: TreeWait, next: Int32)] {
    var edges: [Int32: [(wait: TreeWait, next: Int32)]] = [:]
    for wait in knot.waits {
      for holder in wait.holders(processOf) where holder != wait.process {
        edges[wait.process, default: []].append((wait, holder))
      }
    }
    var best: [(wait: TreeWait, next: Int32)] = []
    for start in knot.processes.sorted().prefix(64) {
      var came: [Int32: (wait: TreeWait, from: Int32)] = [:]
      var queue = [start]
      var position = 0
      var last: (wait: TreeWait, from: Int32)?
      search: while position < queue.count {
        let process = queue[position]
        position += 1
        for edge in edges[process] ?? [] {
          if edge.next == start {
            last = (edge.wait, process)
            break search
          }
          if came[edge.next] == nil {
            came[edge.next] = (edge.wait, process)
            queue.append(edge.next)
          }
        }
      }
      guard let last else { continue }
      var circle = [(wait: last.wait, next: start)]
      var process = last.from
      while process != start, let step = came[process], circle.count <= knot.processes.count {
        circle.append((step.wait, process))
        process = step.from
      }
      if best.isEmpty || circle.count < best.count { best = circle.reversed() }
    }
    return best
  }

  // MARK: One process

  /// A process that waits for the other end of a pipe, which only it itself has.
  private func ownEnd(_ knot: StuckThreads.Knot, _ stuck: StuckThreads, others count: Int) -> TreeFinding? {
    let ends = knot.waits.compactMap { wait -> (wait: TreeWait, reads: Bool)? in
      switch wait.kind {
      case .pipe(_, let reads) where wait.holders(processOf) == [wait.process]: (wait, reads)
      case .socket(_, let reads) where wait.holders(processOf) == [wait.process]: (wait, reads)
      case .queue(_, let reads) where wait.holders(processOf) == [wait.process]: (wait, reads)
      default: nil
      }
    }
    guard let end = ends.first else { return nil }
    let doubts = doubts(knot, stuck)
    let alone = knot.waits.count == 1
    let who = "\(name(end.wait.process)) \(end.wait.text)"
    let (hazard, statement): (Hazard, String)
    switch end.wait.kind {
    case .queue where end.reads:
      (hazard, statement) = (.selfDeadlock, who + ", to which nobody can write but itself: it waits for ever.")
    case .socket where end.reads && end.wait.text.contains(TCPConnections.unaccepted):
      (hazard, statement) = (.selfDeadlock, who + ", which nobody can accept but itself: it waits for ever.")
    case _ where end.reads:
      hazard = .noWriterLeft
      statement =
        who + ", whose other end nobody has but itself: it waits for ever. "
        + "It was to close that end before it began to wait."
    default:
      hazard = .selfDeadlock
      statement = who + ", which is full, and which nobody reads but itself: it waits for ever."
    }
    return TreeFinding(
      finding: Finding(
        hazard: hazard, certainty: doubts.isEmpty ? .proved : .likely,
        thread: end.wait.thread,
        statement: statement + (alone ? "" : " Its other threads wait as well.") + others(count),
        evidence: [
          Evidence(
            "no other process \(doubts.isEmpty ? "of this host" : "that can be looked at") has the other end open")
        ]
          + evidence(knot, first: [end.wait]),
        refutedBy: doubts.isEmpty
          ? "A signal that somebody sends, and that it handles." : doubts.joined(separator: "; ") + ".",
        remedies: remedies([end.wait])),
      processes: knot.processes)
  }

  /// A lock in shared memory whose owner has ended with it.
  private func goneOwner(_ wait: TreeWait, _ knot: StuckThreads.Knot) -> TreeFinding {
    let waiting = waits.filter { $0.kind == wait.kind && $0.text == wait.text }.count
    return TreeFinding(
      finding: Finding(
        hazard: .lockHeldByGoneThread, certainty: .likely, thread: wait.thread,
        statement: "\(name(wait.process)) \(wait.text): nobody will give it back."
          + (waiting > 1 ? " \(waiting) threads wait for it." : ""),
        evidence: evidence(knot, first: [wait]),
        refutedBy: (["A process that is not of the tree and holds it"] + wait.doubts).joined(separator: "; ") + ".",
        remedies: [
          "A robust mutex (PTHREAD_MUTEX_ROBUST) tells the next one who takes it, with EOWNERDEAD.",
          "Look for how a process can end while it holds the lock: a signal, exit in a branch.",
        ]),
      processes: knot.processes)
  }

  // MARK: Words

  private func evidence(_ knot: StuckThreads.Knot, first: [TreeWait]) -> [Evidence] {
    let most = 12
    let list = first + knot.waits.filter { wait in !first.contains(wait) }
    return list.prefix(most).map { wait in
      let holders = wait.holders(processOf).map(name)
      let count = processes.first { $0.image.process == wait.process }?.image.threads.count ?? 0
      let whom =
        wait.kind == .own
        ? ""
        : holders.isEmpty
          ? "; nobody can end that"
          : "; \(wait.doubts.isEmpty ? "" : "of those that are looked at, ")only \(holders.joined(separator: ", ")) can end that"
      return Evidence(
        "thread \(wait.thread) of \(name(wait.process)) \(wait.text)\(whom)"
          + (count == 1 ? "; it is its process's only thread" : ""))
    } + (list.count > most ? [Evidence("\(list.count - most) more threads wait for those")] : [])
  }

  private func remedies(_ waits: [TreeWait]) -> [String] {
    var result: [String] = []
    var has: (child: Bool, writer: Bool, pipe: Bool, socket: Bool, lock: Bool) = (false, false, false, false, false)
    for wait in waits {
      switch wait.kind {
      case .child: has.child = true
      case .pipe(_, let reads):
        has.pipe = true
        if !reads { has.writer = true }
      case .socket(_, let reads):
        has.socket = true
        if !reads { has.writer = true }
      case .lock, .fileLock, .semaphores: has.lock = true
      default: break
      }
    }
    if has.child, has.writer {
      result.append(
        "Read a child's output to its end before waiting for the child (Python: communicate() instead of wait(), get() "
          + "before join()).")
    } else if has.writer || has.pipe {
      result.append("Read a child's output while writing to it: with poll, or from a thread of its own.")
    }
    if has.pipe {
      result.append("Close the ends of pipes that a process does not use, after fork or with O_CLOEXEC.")
    }
    if has.socket {
      result.append("Say who speaks first, and give answers a time limit (SO_RCVTIMEO, poll): then it is an error.")
    }
    if has.lock { result.append("Take locks in the same order everywhere.") }
    return result
  }
}
