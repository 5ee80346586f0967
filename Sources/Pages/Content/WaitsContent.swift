internal import Reporting

/// The wait graph: drawn, and in words.
struct WaitsContent {
  private let report: Report
  private static let mostLines = 400

  init(_ report: Report) { self.report = report }

  var value: TemplateValue {
    guard let waits = report.waits, !waits.nodes.isEmpty else { return .absent }
    let graph = WaitGraph(waits)
    let drawing = WaitGraphDrawing(graph)
    let lines = waits.edges.prefix(Self.mostLines).map { line($0, graph) }
    let left = waits.edges.count - lines.count
    return [
      "drawing": .markup(drawing.markup),
      "note": .text(drawing.note),
      "lines": .list(lines),
      "left": .text(left > 0 ? "and \(Quantities.grouped(left)) more, which `--json` holds" : nil),
      "summary": .text(
        "\(Quantities.count(waits.nodes.count, "node")), \(Quantities.count(waits.edges.count, "edge"))"),
    ]
  }

  private func line(_ edge: ReportedWaitEdge, _ graph: WaitGraph) -> TemplateValue {
    [
      "from": .text(graph.label(edge.from)), "to": .text(graph.label(edge.to)),
      "verb": .text(edge.kind == "held-by" ? "is held by" : edge.kind == "waits-for" ? "waits for" : edge.kind),
      "inferred": .flag(!edge.isRead), "isInCycle": .flag(edge.isInCycle == true),
    ]
  }
}
