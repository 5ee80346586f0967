internal import Reporting

/// The wait graph made small enough to be drawn: threads that wait for the same thing, and that nobody waits for,
/// become one node.
struct WaitGraph {
  struct Node {
    var label: String
    var text: String
    /// "thread", "gone" or "object": the class that colours it.
    var kind: String
    /// How many threads it stands for.
    var count = 1
  }

  struct Edge {
    var from: Int
    var to: Int
    var isHeld: Bool
    var isRead: Bool
    var isInCycle: Bool
  }

  private(set) var nodes: [Node] = []
  private(set) var edges: [Edge] = []
  /// How many nodes of the report are not drawn, for lack of room.
  private(set) var left = 0
  private var labels: [String: String] = [:]

  /// More nodes than this are not drawn.
  static let most = 90

  init(_ waits: ReportedWaits) {
    var places: [String: Int] = [:]
    for (index, node) in waits.nodes.enumerated() where places[node.id] == nil { places[node.id] = index }
    for node in waits.nodes { labels[node.id] = Self.label(node) }
    // Edges of nodes that are not there are what a damaged report has.
    let known = waits.edges.compactMap { edge -> Edge? in
      guard let from = places[edge.from], let to = places[edge.to] else { return nil }
      return Edge(
        from: from, to: to, isHeld: edge.kind == "held-by", isRead: edge.isRead, isInCycle: edge.isInCycle == true)
    }
    let groups = Self.groups(waits.nodes, known)
    let kept = Self.kept(groups, known)
    left = waits.nodes.count - kept.reduce(0) { $0 + groups[$1].count }
    var drawn = Array(repeating: -1, count: waits.nodes.count)
    for (number, group) in kept.enumerated() {
      for member in groups[group] { drawn[member] = number }
      nodes.append(Self.node(groups[group].map { waits.nodes[$0] }))
    }
    var seen: Set<[Int]> = []
    for edge in known {
      let (from, to) = (drawn[edge.from], drawn[edge.to])
      guard from >= 0, to >= 0, seen.insert([from, to, edge.isHeld ? 1 : 0]).inserted else { continue }
      edges.append(Edge(from: from, to: to, isHeld: edge.isHeld, isRead: edge.isRead, isInCycle: edge.isInCycle))
    }
  }

  /// What the text calls a node.
  func label(_ id: String) -> String { labels[id] ?? id }

  private static func label(_ node: ReportedWaitNode) -> String {
    node.symbol.map { "\($0) (\(node.id))" } ?? node.id
  }

  /// The nodes' indices, those together that are drawn as one.
  private static func groups(_ nodes: [ReportedWaitNode], _ edges: [Edge]) -> [[Int]] {
    var outward: [[Int]] = Array(repeating: [], count: nodes.count)
    var isReached = Array(repeating: false, count: nodes.count)
    var isInCycle = Array(repeating: false, count: nodes.count)
    for edge in edges {
      outward[edge.from].append(edge.to)
      isReached[edge.to] = true
      if edge.isInCycle { (isInCycle[edge.from], isInCycle[edge.to]) = (true, true) }
    }
    var groups: [[Int]] = []
    var places: [[Int]: Int] = [:]
    for index in nodes.indices {
      guard nodes[index].kind == "thread", !isReached[index], !isInCycle[index] else {
        groups.append([index])
        continue
      }
      if let place = places[outward[index]] {
        groups[place].append(index)
      } else {
        places[outward[index]] = groups.count
        groups.append([index])
      }
    }
    return groups
  }

  /// The groups that are drawn: what is in a cycle first, then what has most edges.
  private static func kept(_ groups: [[Int]], _ edges: [Edge]) -> [Int] {
    guard groups.count > most else { return Array(groups.indices) }
    var weights: [Int: Int] = [:]
    for edge in edges {
      for end in [edge.from, edge.to] { weights[end, default: 0] += edge.isInCycle ? 1_000_000 : 1 }
    }
    func weight(_ group: [Int]) -> Int { group.reduce(0) { $0 + (weights[$1] ?? 0) } }
    let scores = groups.map(weight)
    return groups.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }.prefix(most).sorted()
  }

  private static func node(_ members: [ReportedWaitNode]) -> Node {
    guard let first = members.first else { return Node(label: "", text: "", kind: "object") }
    if members.count > 1 {
      let ids = members.prefix(4).compactMap { $0.tid.map { "\($0)" } }.joined(separator: ", ")
      return Node(
        label: "\(Quantities.grouped(members.count)) threads",
        text: ids + (members.count > 4 ? ", …" : ""), kind: "thread", count: members.count)
    }
    let kind = first.kind == "thread" ? "thread" : first.kind.hasSuffix("-thread") ? "gone" : "object"
    return Node(label: first.symbol ?? first.id, text: first.text, kind: kind)
  }
}
