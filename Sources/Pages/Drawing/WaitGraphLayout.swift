/// Where the nodes of a wait graph stand: a cycle as a ring, its two sides upright; all else in columns, by how many
/// steps it is away from the ring, or from what waits for nothing.
struct WaitGraphLayout {
  /// The columns and rows of a grid, by node. Columns may be negative.
  private(set) var places: [(column: Int, row: Double)]
  private(set) var columns: ClosedRange<Int> = 0...0
  private(set) var rows = 0.0

  private let graph: WaitGraph
  private var neighbours: [[Int]]
  private var successors: [[Int]]

  init(_ graph: WaitGraph) {
    self.graph = graph
    places = Array(repeating: (0, 0), count: graph.nodes.count)
    neighbours = Array(repeating: [], count: graph.nodes.count)
    successors = neighbours
    for edge in graph.edges {
      neighbours[edge.from].append(edge.to)
      neighbours[edge.to].append(edge.from)
      successors[edge.from].append(edge.to)
    }
    for component in components() { place(component) }
    let used = places.map(\.column)
    columns = (used.min() ?? 0)...(used.max() ?? 0)
  }

  /// The parts of the graph that no edge connects, the largest first.
  private func components() -> [[Int]] {
    var isSeen = Array(repeating: false, count: places.count)
    var result: [[Int]] = []
    for start in places.indices where !isSeen[start] {
      var queue = [start]
      isSeen[start] = true
      var next = 0
      while next < queue.count {
        for neighbour in neighbours[queue[next]] where !isSeen[neighbour] {
          isSeen[neighbour] = true
          queue.append(neighbour)
        }
        next += 1
      }
      result.append(queue)
    }
    return result.sorted { (-$0.count, $0.first ?? 0) < (-$1.count, $1.first ?? 0) }
  }

  /// Places one component below those that were placed before.
  private mutating func place(_ component: [Int]) {
    let ring = ring(of: component)
    var columns: [Int: [Int]] = [:]
    var origin: [Int: Int] = [:]
    var queue: [Int] = []
    if ring.isEmpty {
      let ends = component.filter { successors[$0].isEmpty }
      queue = ends.isEmpty ? Array(component.prefix(1)) : ends
      for node in queue { places[node].column = 0 }
    } else {
      // Down the left side, up the right one.
      let half = (ring.count + 1) / 2
      for (index, node) in ring.enumerated() {
        // Of an odd number the right side has one less: it is spread over the same height.
        let others = ring.count - half
        let part = others > 1 ? Double(ring.count - 1 - index) / Double(others - 1) : 0.5
        places[node] = index < half ? (0, rows + Double(index)) : (1, rows + part * Double(half - 1))
      }
      queue = ring
    }
    var isPlaced = Set(queue)
    var next = 0
    while next < queue.count {
      let node = queue[next]
      next += 1
      for neighbour in neighbours[node].sorted() where isPlaced.insert(neighbour).inserted {
        let outward = places[node].column > 0 ? 1 : -1
        places[neighbour].column = places[node].column + outward
        origin[neighbour] = node
        queue.append(neighbour)
      }
    }
    for node in component where ring.isEmpty || origin[node] != nil {
      columns[places[node].column, default: []].append(node)
    }
    let height = settle(columns, origin)
    rows += max(height, Double((ring.count + 1) / 2)) + 0.4
  }

  /// Gives each node of each column a row near that of the node that it was reached from, without overlaps.
  ///
  /// - Returns: how many rows are taken.
  private mutating func settle(_ columns: [Int: [Int]], _ origin: [Int: Int]) -> Double {
    var height = 0.0
    for column in columns.keys.sorted(by: { (abs($0), $0) < (abs($1), $1) }) {
      let nodes = columns[column] ?? []
      let wanted = nodes.map { origin[$0].map { places[$0].row } ?? rows }
      var free = rows
      for index in nodes.indices.sorted(by: { (wanted[$0], nodes[$0]) < (wanted[$1], nodes[$1]) }) {
        places[nodes[index]].row = max(free, wanted[index])
        free = places[nodes[index]].row + 1
      }
      height = max(height, free - rows)
    }
    return height
  }

  /// The nodes of a cycle in their order; none where the component has no edge that is marked as part of one.
  private func ring(of component: [Int]) -> [Int] {
    let members = Set(component)
    var following: [Int: Int] = [:]
    for edge in graph.edges where edge.isInCycle && members.contains(edge.from) && following[edge.from] == nil {
      following[edge.from] = edge.to
    }
    guard var node = following.keys.min() else { return [] }
    // As many steps as there are nodes: then the walk is in the cycle, wherever it began.
    for _ in 0..<following.count { node = following[node] ?? node }
    var ring: [Int] = []
    var isSeen: Set<Int> = []
    while isSeen.insert(node).inserted {
      ring.append(node)
      guard let next = following[node] else { return [] }
      node = next
    }
    return ring.count > 1 ? ring : []
  }
}
