/// Who waits for whom, as lines: each thread that waits for what another one holds, and what that one does.
struct WaitsText {
  private let page: TextPage
  /// How many locks are shown where not all are, and how many threads that wait for one.
  private static let shownLocks = 12
  private static let shownThreads = 6

  init(_ page: TextPage) { self.page = page }

  /// Writes nothing where no thread waits for another.
  func write(_ report: Report) {
    guard let waits = report.waits else { return }
    let nodes = Dictionary(waits.nodes.map { ($0.id, $0) }) { first, _ in first }
    let holders = Dictionary(waits.edges.filter { $0.kind == "held-by" }.map { ($0.from, $0) }) { first, _ in first }
    var order: [String] = []
    var waiters: [String: [ReportedWaitEdge]] = [:]
    for edge in waits.edges where edge.kind == "waits-for" {
      guard let node = nodes[edge.to], holders[edge.to] != nil || node.kind.hasSuffix("thread")
      else {
        continue
      }
      if waiters[edge.to] == nil { order.append(edge.to) }
      waiters[edge.to, default: []].append(edge)
    }
    guard !order.isEmpty else { return }
    // Circles first, then what most wait for.
    let sorted = order.enumerated().sorted { a, b in
      let (first, second) = (waiters[a.element] ?? [], waiters[b.element] ?? [])
      let circles = (first.contains { $0.isInCycle == true }, second.contains { $0.isInCycle == true })
      if circles.0 != circles.1 { return circles.0 }
      return (second.count, a.offset) < (first.count, b.offset)
    }.map(\.element)
    page.heading("WAITS")
    page.endLine()
    let shown = page.options.isFull ? sorted.count : min(sorted.count, Self.shownLocks)
    for id in sorted[..<shown] {
      guard let node = nodes[id] else { continue }
      write(node, waiters[id] ?? [], holders[id], nodes)
    }
    if shown < sorted.count {
      page.put("  ")
      page.paragraph("and \(Quantities.count(sorted.count - shown, "more lock")) (--full shows all)", column: 2)
    }
  }

  private func write(
    _ node: ReportedWaitNode, _ waiters: [ReportedWaitEdge], _ holder: ReportedWaitEdge?,
    _ nodes: [String: ReportedWaitNode]
  ) {
    let shown = page.options.isFull ? waiters.count : min(waiters.count, Self.shownThreads)
    let ids = waiters[..<shown].compactMap { nodes[$0.from]?.tid.map(String.init) }.joined(separator: ", ")
    let more = waiters.count > shown ? " and \(Quantities.grouped(waiters.count - shown)) more" : ""
    let isCircle = waiters.contains { $0.isInCycle == true }
    page.put(isCircle ? "  * " : "  - ")
    let what = node.symbol.map { "\(node.id) (\($0))" } ?? node.id
    var text = "\(waiters.count == 1 ? "thread" : "threads") \(ids)\(more) -> \(what)"
    if node.kind == "gone-thread" { text += ", which is gone" }
    if let holder {
      let owner = nodes[holder.to]
      text += " -> \(holder.isRead ? "held by" : "probably held by") \(holder.to)"
      if owner?.kind == "gone-thread" {
        text += ", which is gone"
      } else if owner?.kind == "foreign-thread" {
        text += ", which is none of this process's"
      } else if let place = owner?.text {
        text += ", in \(place)"
      }
    }
    page.paragraph(text, column: 4, rest: 6)
  }
}
