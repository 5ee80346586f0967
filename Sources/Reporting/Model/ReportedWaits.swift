/// Who waits for whom: the wait graph over all threads.
///
/// An edge *waits for* leads from a thread to what it waits on (or, for a join, to the thread that is joined); an edge
/// *held by* leads from a lock to the thread that owns it.
package struct ReportedWaits: Codable, Sendable {
  package var nodes: [ReportedWaitNode]
  package var edges: [ReportedWaitEdge]

  package init(nodes: [ReportedWaitNode], edges: [ReportedWaitEdge]) {
    self.nodes = nodes
    self.edges = edges
  }
}

/// A thread, or what threads wait on.
package struct ReportedWaitNode: Codable, Sendable {
  /// Unique in the graph: "thread 4711", "mutex 0x55d0c0a01040".
  package var id: String
  /// "thread", "gone-thread" (an id that no thread has any more), "foreign-thread" (of another process), "mutex", "rwlock",
  /// "condition-variable", "semaphore", "barrier", "once", "futex", "pipe", "socket", "epoll", "poll", "process", "sleep", "file-lock", ….
  package var kind: String
  /// The thread's id, for a thread.
  package var tid: Int32?
  /// Where a lock lies, for an object in memory.
  package var address: HexAddress?
  /// The symbol or field that it is, where one is known: "registry_lock", "heap chunk 0x55d0… +16".
  package var symbol: String?
  /// What it is, in a few words for people: "pthread mutex (recursive), locked".
  package var text: String

  package init(
    id: String, kind: String, tid: Int32? = nil, address: HexAddress? = nil, symbol: String? = nil, text: String
  ) {
    self.id = id
    self.kind = kind
    self.tid = tid
    self.address = address
    self.symbol = symbol
    self.text = text
  }
}

/// That one node waits for another, or is held by it.
package struct ReportedWaitEdge: Codable, Sendable {
  /// Ids of nodes.
  package var from: String
  package var to: String
  /// "waits-for" or "held-by".
  package var kind: String
  /// Whether it was read from memory or registers; otherwise it was inferred.
  package var isRead: Bool
  /// Whether it is part of a deadlock's cycle.
  package var isInCycle: Bool?

  package init(from: String, to: String, kind: String, isRead: Bool, isInCycle: Bool? = nil) {
    self.from = from
    self.to = to
    self.kind = kind
    self.isRead = isRead
    self.isInCycle = isInCycle
  }
}

/// What a thread waits for.
package struct ReportedWait: Codable, Sendable {
  /// The kind of the node that it waits on; "running" where it waits for nothing.
  package var kind: String
  /// For people: "waits for mutex 0x55d0c0a01040 (registry_lock), held by thread 4712".
  package var text: String
  /// The id of the node in the wait graph.
  package var node: String?

  package init(kind: String, text: String, node: String? = nil) {
    self.kind = kind
    self.text = text
    self.node = node
  }
}
