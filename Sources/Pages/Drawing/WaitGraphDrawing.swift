internal import Reporting

/// The wait graph as a picture.
struct WaitGraphDrawing {
  let markup: Markup
  let note: String?

  private static let box = (width: 196.0, height: 44.0)
  private static let step = (x: 286.0, y: 66.0)
  private static let margin = 16.0

  init(_ graph: WaitGraph) {
    let layout = WaitGraphLayout(graph)
    let left = layout.columns.lowerBound
    func origin(_ node: Int) -> (x: Double, y: Double) {
      (
        Self.margin + Double(layout.places[node].column - left) * Self.step.x,
        Self.margin + layout.places[node].row * Self.step.y
      )
    }
    let width = 2 * Self.margin + Double(layout.columns.count - 1) * Self.step.x + Self.box.width
    let bottom = graph.nodes.indices.map { origin($0).y }.max() ?? 0
    var svg = SVG(
      width: width, height: bottom + Self.box.height + Self.margin, label: "Who waits for whom, as a graph")
    svg.append(Self.markers)
    let pairs = Set(graph.edges.map { [$0.from, $0.to] })
    for edge in graph.edges {
      let (from, to) = (origin(edge.from), origin(edge.to))
      svg.arrow(
        Self.curve(from, to, isMutual: pairs.contains([edge.to, edge.from])),
        "edge\(edge.isHeld ? " held" : "")\(edge.isRead ? "" : " inferred")\(edge.isInCycle ? " cycle" : "")",
        marker: edge.isInCycle ? "head-cycle" : "head")
    }
    for (index, node) in graph.nodes.enumerated() {
      let isInCycle = graph.edges.contains { $0.isInCycle && ($0.from == index || $0.to == index) }
      Self.draw(node, origin(index), isInCycle, &svg)
    }
    markup = svg.finished
    note = Self.note(graph)
  }

  private static func note(_ graph: WaitGraph) -> String? {
    let merged = graph.nodes.reduce(0) { $0 + ($1.count > 1 ? $1.count : 0) }
    var parts: [String] = []
    if merged > 0 {
      parts.append("\(Quantities.count(merged, "thread")) that nobody waits for stand together by what they wait for.")
    }
    if graph.left > 0 {
      parts.append("\(Quantities.count(graph.left, "node")) more would not fit: what has the most edges is drawn.")
    }
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }

  private static func draw(_ node: WaitGraph.Node, _ at: (x: Double, y: Double), _ isInCycle: Bool, _ svg: inout SVG) {
    svg.beginGroup(
      "node \(node.kind)\(isInCycle ? " cycle" : "")\(node.count > 1 ? " many" : "")",
      label: node.text.isEmpty || node.text == node.label ? node.label : "\(node.label): \(node.text)")
    if node.count > 1 { svg.rect(at.x + 4, at.y + 4, box.width, box.height, "behind", radius: 12) }
    svg.rect(at.x, at.y, box.width, box.height, "box", radius: node.kind == "object" ? 3 : 12)
    svg.text(SVG.cut(node.label, 25), at.x + 10, at.y + 18, "name")
    svg.text(SVG.cut(node.text, 29), at.x + 10, at.y + 35, "text")
    svg.endGroup()
  }

  /// From the side of one box to the side of another that faces it; boxes above each other are joined at their
  /// lower and upper edges.
  private static func curve(
    _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), isMutual: Bool
  ) -> [(x: Double, y: Double)] {
    let (half, middle) = (box.width / 2, box.height / 2)
    // Two edges between the same boxes, one each way, run beside each other.
    let shift = isMutual ? 9.0 : 0
    if from.x == to.x {
      let sign = from.y <= to.y ? 1.0 : -1.0
      let start = (x: from.x + half + shift * sign, y: from.y + (sign > 0 ? box.height : 0))
      let end = (x: to.x + half + shift * sign, y: to.y + (sign > 0 ? 0 : box.height) - 2 * sign)
      let distance = abs(end.y - start.y)
      // Past boxes that stand between.
      let bend = distance > step.y ? half + 30 : 0
      guard bend > 0 else { return [start, start, end, end] }
      let out = (x: from.x + (sign > 0 ? box.width : 0), y: from.y + middle)
      let into = (x: to.x + (sign > 0 ? box.width : 0) + 2 * sign, y: to.y + middle)
      return [out, (out.x + sign * 54, out.y), (into.x + sign * 54, into.y), into]
    }
    let sign = from.x < to.x ? 1.0 : -1.0
    // What comes from below ends in the lower half: so a box's edges do not meet in one point.
    let slope = from.y == to.y ? 0.0 : from.y < to.y ? 8.0 : -8.0
    let start = (x: from.x + (sign > 0 ? box.width : 0), y: from.y + middle + shift * sign + slope)
    let end = (x: to.x + (sign > 0 ? 0 : box.width) - 2 * sign, y: to.y + middle + shift * sign - slope)
    let pull = abs(end.x - start.x) / 2
    return [start, (start.x + sign * pull, start.y), (end.x - sign * pull, end.y), end]
  }

  /// The heads of arrows.
  private static var markers: Markup {
    var markup = Markup()
    markup.append("<defs>")
    for name: StaticString in ["head", "head-cycle"] {
      markup.append("<marker id=\"")
      markup.append(name)
      markup.append(
        "\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerUnits=\"userSpaceOnUse\" markerWidth=\"10\" markerHeight=\"10\" orient=\"auto\"><path d=\"M0,0 L10,5 L0,10 z\"></path></marker>"
      )
    }
    markup.append("</defs>")
    return markup
  }
}
