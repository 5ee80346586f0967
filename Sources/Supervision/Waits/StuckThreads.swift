internal import CLinux
internal import Processes

/// The threads that can never go on by themselves: each waits for what only others of them can end.
///
/// Every thread is taken to be able to go on, unless it waits for something that nobody outside can end; then, step by step,
/// whoever waits for one that can go on is taken for one that can. What is left waits in vain.
struct StuckThreads {
  /// By thread, its wait.
  private(set) var waits: [Int32: TreeWait] = [:]
  /// Processes of which every thread is among them.
  private(set) var processes: Set<Int32> = []
  private let threads: [Int32: [Int32]]
  private let processOf: [Int32: Int32]

  init(_ tree: TreeWaits) {
    processOf = tree.processOf
    threads = Dictionary(tree.processes.map { ($0.image.process, $0.image.threads.map(\.hostID)) }) { first, _ in first
    }
    let missing = Set(tree.processes.filter { !$0.missing.isEmpty }.map(\.image.process))
    let sharing = Self.sharingMemory(tree)
    for wait in tree.waits where !wait.isOpen {
      // A futex of its own may be another process's as well: a child of vfork, or of clone with CLONE_VM.
      if wait.kind == .own, sharing.contains(wait.process) { continue }
      waits[wait.thread] = wait
    }
    while true {
      processes = Set(
        threads.filter { process, list in
          !missing.contains(process) && !list.isEmpty && list.allSatisfy { waits[$0] != nil }
        }.keys)
      let free = waits.filter { _, wait in
        wait.enders.contains { ender in
          switch ender {
          case .thread(let thread): waits[thread] == nil
          case .process(let process): !processes.contains(process)
          }
        }
      }
      guard !free.isEmpty else { return }
      for thread in free.keys { waits[thread] = nil }
    }
  }

  /// The processes whose memory is another one's as well.
  private static func sharingMemory(_ tree: TreeWaits) -> Set<Int32> {
    let blocked = Set(tree.waits.filter { $0.kind == .own }.map(\.process))
    let all = tree.processes.map(\.image.process)
    // Each with each: only where there are few enough.
    guard all.count <= 64 else { return [] }
    return blocked.filter { one in all.contains { $0 != one && inquest_shares_memory(one, $0) == 1 } }
  }

  // MARK: Knots

  /// Threads that all wait for each other, and for nobody else, by process.
  struct Knot {
    var waits: [TreeWait]
    var processes: Set<Int32>
  }

  private enum Node: Hashable {
    case thread(Int32)
    case process(Int32)
  }

  private func successors(of node: Node) -> [Node] {
    switch node {
    case .process(let process): (threads[process] ?? []).map { .thread($0) }
    case .thread(let thread):
      (waits[thread]?.enders ?? []).map { ender in
        switch ender {
        case .thread(let other): .thread(other)
        case .process(let process): .process(process)
        }
      }
    }
  }

  /// The strongly connected components that lead nowhere else: what all others of ``waits`` wait for in the end.
  /// Tarjan's algorithm (Depth-First Search and Linear Graph Algorithms, 1972), without recursion.
  var knots: [Knot] {
    var index: [Node: Int] = [:]
    var low: [Node: Int] = [:]
    var component: [Node: Int] = [:]
    var members: [[Node]] = []
    var open: [Node] = []
    for start in waits.keys.sorted().map(Node.thread) where index[start] == nil {
      var path: [(node: Node, rest: ArraySlice<Node>)] = []
      func enter(_ node: Node) {
        index[node] = index.count
        low[node] = index[node]
        open.append(node)
        path.append((node, successors(of: node)[...]))
      }
      enter(start)
      while let node = path.last?.node {
        if let next = path[path.count - 1].rest.popFirst() {
          if index[next] == nil {
            enter(next)
          } else if component[next] == nil {
            low[node] = min(low[node] ?? 0, index[next] ?? 0)
          }
          continue
        }
        path.removeLast()
        if let parent = path.last?.node { low[parent] = min(low[parent] ?? 0, low[node] ?? 0) }
        guard low[node] == index[node] else { continue }
        var list: [Node] = []
        while let last = open.popLast() {
          component[last] = members.count
          list.append(last)
          if last == node { break }
        }
        members.append(list)
      }
    }
    return members.enumerated().compactMap { number, list in
      guard list.allSatisfy({ node in successors(of: node).allSatisfy { component[$0] == number } }) else { return nil }
      let waits = list.compactMap { node in if case .thread(let thread) = node { self.waits[thread] } else { nil } }
      return Knot(waits: waits.sorted { $0.thread < $1.thread }, processes: Set(waits.map(\.process)))
    }.sorted { ($0.waits.first?.thread ?? 0) < ($1.waits.first?.thread ?? 0) }
  }
}
