internal import Diagnosis

/// Makes the report's wait graph, and what it says of each thread's wait.
struct WaitDescription {
  private let graph: WaitGraph

  init(_ graph: WaitGraph) { self.graph = graph }

  /// What the thread at an index of the target's `threads` waits for; "running" where it waits for nothing.
  func wait(ofThread index: Int) -> ReportedWait {
    guard graph.waits.indices.contains(index), let wait = graph.waits[index] else {
      return ReportedWait(kind: "running", text: "runs")
    }
    return ReportedWait(kind: wait.kind, text: graph.sentence(wait), node: node(of: wait))
  }

  /// The threads that wait, what they wait on, and who holds that; nil where nobody waits for a thread or a lock.
  func graphOfWaits() -> ReportedWaits? {
    let waits = graph.waits.compactMap(\.self)
    guard waits.contains(where: { graph.lock(of: $0) != nil }) else { return nil }
    let inCycle = Set(graph.cycles.flatMap(\.self))
    var nodes: [ReportedWaitNode] = []
    var edges: [ReportedWaitEdge?] = []
    // Where the edge from a lock to its owner stands: one of a circle takes the place of an earlier one.
    var held: [String: Int] = [:]
    var known: Set<String> = []
    func add(_ node: ReportedWaitNode) { if known.insert(node.id).inserted { nodes.append(node) } }
    for wait in waits {
      let thread = Self.thread(wait.tid)
      add(ReportedWaitNode(id: thread, kind: "thread", tid: wait.tid, text: graph.place(of: wait) ?? wait.text))
      let isInCycle = inCycle.contains(wait.thread)
      let holder = graph.holder(of: wait)
      guard let lock = graph.lock(of: wait) else {
        add(ReportedWaitNode(id: wait.node, kind: wait.kind, text: wait.text))
        edges.append(ReportedWaitEdge(from: thread, to: wait.node, kind: "waits-for", isRead: true))
        continue
      }
      if lock.isThread {
        let joined = addThread(holder?.tid, add)
        edges.append(
          ReportedWaitEdge(from: thread, to: joined, kind: "waits-for", isRead: true, isInCycle: isInCycle ? true : nil)
        )
        continue
      }
      let isNew = !known.contains(wait.node)
      add(
        ReportedWaitNode(
          id: wait.node, kind: wait.kind, address: HexAddress(lock.address), symbol: graph.name(of: lock.address),
          text: lock.text))
      edges.append(
        ReportedWaitEdge(
          from: thread, to: wait.node, kind: "waits-for", isRead: true, isInCycle: isInCycle ? true : nil))
      guard let holder, isNew || isInCycle else { continue }
      let owner = addThread(holder.tid, isElsewhere: graph.mayBeHeldElsewhere(wait), add)
      if let earlier = held.updateValue(edges.count, forKey: wait.node) { edges[earlier] = nil }
      edges.append(
        ReportedWaitEdge(
          from: wait.node, to: owner, kind: "held-by", isRead: holder.isRead, isInCycle: isInCycle ? true : nil))
    }
    return ReportedWaits(nodes: nodes, edges: edges.compactMap(\.self))
  }

  private func addThread(
    _ tid: Int32?, isElsewhere: Bool = false, _ add: (ReportedWaitNode) -> Void
  ) -> String {
    guard let tid, tid > 0 else {
      add(
        ReportedWaitNode(id: "thread of the parent", kind: "gone-thread", text: "a thread that fork did not take along")
      )
      return "thread of the parent"
    }
    let isAlive = graph.thread(tid) != nil
    let place = graph.thread(tid).flatMap { graph.waits[$0] }.flatMap { graph.place(of: $0) }
    add(
      ReportedWaitNode(
        id: Self.thread(tid), kind: isAlive ? "thread" : isElsewhere ? "foreign-thread" : "gone-thread", tid: tid,
        text: isAlive
          ? place ?? "runs" : isElsewhere ? "a thread of another process" : "no thread of the process has this id"))
    return Self.thread(tid)
  }

  private func node(of wait: ThreadWait) -> String {
    graph.lock(of: wait)?.isThread == true && (graph.holder(of: wait)?.tid ?? -1) < 0
      ? "thread of the parent" : wait.node
  }

  private static func thread(_ tid: Int32) -> String { "thread \(tid)" }
}
