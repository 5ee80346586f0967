package import Diagnosis
internal import Machine
internal import Processes
internal import Reporting

/// Who waits for whom among the processes of a tree: for a pipe's or socket's other end, and for children.
///
/// It is read from `/proc` while all stand still: which call each thread is in (`/proc/TID/syscall`), and which
/// descriptors of which processes are ends of the same pipe.
package enum ProcessWaits {
  /// A thread of one process waits for something that others hold.
  package struct Edge: Sendable, Equatable {
    package let process: Int32
    package let thread: Int32
    /// "reads from pipe 4711 (descriptor 0)".
    package let text: String
    /// The processes that can end the wait; empty where nobody of the tree can.
    package let holders: [Int32]
    /// Whether nobody outside of the tree can end it either, as far as can be told.
    package let isClosed: Bool
    package let pipe: String?
  }

  /// All waits that lead from one process to others, or to nobody.
  package static func edges(among processes: [StoppedProcess]) -> [Edge] {
    let tree = Dictionary(processes.map { ($0.image.process, DescriptorTable(of: $0.image.process)) }) { first, _ in
      first
    }
    let outside = OutsideDescriptors(besides: Set(tree.keys))
    return processes.flatMap { process in
      process.image.threads.compactMap { edge(of: $0, process, tree, outside) }
    }
  }

  private static func edge(
    of thread: LiveThread, _ process: StoppedProcess, _ tree: [Int32: DescriptorTable], _ outside: OutsideDescriptors
  ) -> Edge? {
    let pid = process.image.process
    guard let call = StoppedCall(thread), let table = tree[pid] else { return nil }
    switch call.kind {
    case .reads(let descriptor), .writes(let descriptor):
      let wantsWriters = if case .reads = call.kind { true } else { false }
      guard let target = table.entries[descriptor],
        target.hasPrefix("pipe:[") || target.hasPrefix("/") && table.isFIFO(descriptor)
      else { return nil }
      let holders = tree.filter { $0.value.holds(target, forWriting: wantsWriters) }.keys.sorted()
      let verb = wantsWriters ? "waits to read from" : "waits to write to"
      return Edge(
        process: pid, thread: thread.hostID, text: "\(verb) \(target) (descriptor \(descriptor))", holders: holders,
        isClosed: outside.isComplete && !outside.holds(target), pipe: target)
    case .waits(let child):
      let children = ProcessChildren.all(of: pid)
      let chosen = child.map { wanted in children.filter { $0 == wanted } } ?? children
      return Edge(
        process: pid, thread: thread.hostID,
        text: child.map { "waits for child \($0) to end" } ?? "waits for a child to end", holders: chosen.sorted(),
        isClosed: true, pipe: nil)
    }
  }

  /// The waits, a line each.
  package static func lines(among processes: [StoppedProcess]) -> [String] {
    let names = Dictionary(processes.map { ($0.image.process, $0.name) }) { first, _ in first }
    func name(_ pid: Int32) -> String { names[pid].map { "\($0) (\(pid))" } ?? "process \(pid)" }
    let edges = edges(among: processes)
    guard !edges.isEmpty else { return [] }
    return ["WAITS between processes"]
      + edges.map { edge in
        let others = edge.holders.filter { $0 != edge.process }
        let end =
          others.isEmpty
          ? edge.pipe == nil
            ? ""
            : edge.holders.isEmpty
              ? " -> nobody of this tree has its other end" : " -> only it itself has the other end"
          : " -> " + others.prefix(4).map(name).joined(separator: ", ") + (others.count > 4 ? ", …" : "")
        return "  - \(name(edge.process)), thread \(edge.thread), \(edge.text)\(end)"
      }
  }

  /// What keeps the tree from going on: processes that wait for each other in a circle, or for an end that only they
  /// themselves hold.
  package static func findings(among processes: [StoppedProcess]) -> [Finding] {
    let names = Dictionary(processes.map { ($0.image.process, $0.name) }) { first, _ in first }
    func name(_ pid: Int32) -> String { names[pid].map { "\($0) (\(pid))" } ?? "process \(pid)" }
    let edges = edges(among: processes)
    var result: [Finding] = []
    // Only processes with one thread have one wait; where another thread runs, it may end the wait.
    let single = edges.filter { edge in
      processes.first { $0.image.process == edge.process }?.image.threads.count == 1
    }
    for edge in single where edge.pipe != nil && edge.holders == [edge.process] && edge.isClosed {
      result.append(
        Finding(
          hazard: .noWriterLeft, certainty: .proved, thread: edge.thread,
          statement: "\(name(edge.process)) \(edge.text), whose other end nobody has but itself: it waits for ever. It "
            + "was to close that end before it began to wait.",
          evidence: [
            Evidence("no other process of this host has \(edge.pipe ?? "it") open"), Evidence("it has one thread"),
          ],
          refutedBy: "A descriptor of the pipe in a process that /proc does not show, or on its way in a socket.",
          remedies: ["Close the ends of pipes that a process does not use, after fork or with O_CLOEXEC."]))
    }
    let next = Dictionary(single.filter { $0.isClosed }.map { ($0.process, $0) }) { first, _ in first }
    var seen: Set<Int32> = []
    for start in next.keys.sorted() where !seen.contains(start) {
      var path: [Int32] = []
      var position = start
      while let edge = next[position], !path.contains(position), edge.holders.filter({ $0 != position }).count == 1,
        let other = edge.holders.first(where: { $0 != position })
      {
        path.append(position)
        position = other
      }
      seen.formUnion(path)
      guard let first = path.firstIndex(of: position) else { continue }
      let circle = Array(path[first...])
      guard circle.count > 1 else { continue }
      let steps = circle.compactMap { next[$0] }
      result.append(
        Finding(
          hazard: .deadlock, certainty: steps.allSatisfy { $0.holders.count == 1 } ? .proved : .likely,
          thread: steps.first?.thread,
          statement: "\(LedgerWords.count(circle.count, "process").replacingProcesses) wait for each other: "
            + steps.map { edge in
              "\(name(edge.process)) \(edge.text), which \(edge.holders.filter { $0 != edge.process }.map(name).joined(separator: ", ")) has to end"
            }.joined(separator: "; ") + ". None of them can go on.",
          evidence: steps.map { edge in
            Evidence("thread \(edge.thread) of \(name(edge.process)) \(edge.text); it is its process's only thread")
          },
          refutedBy: "A process outside of the tree that ends one of the waits.",
          remedies: [
            "Read a child's output while writing to it: with poll, or from a thread of its own.",
            "Close the ends of pipes that a process does not use, after fork or with O_CLOEXEC.",
          ]))
    }
    return result
  }
}

extension String {
  /// "2 processs" is no word.
  fileprivate var replacingProcesses: String { hasSuffix("processs") ? String(dropLast(1)) + "es" : self }
}
