/// The wait graph as Graphviz's dot language has it (https://graphviz.org/doc/info/lang.html).
package enum WaitsDot {
  /// Writes a graph that has no nodes where no thread waits for a lock or another thread.
  package static func write(_ report: Report, to output: ByteOutput) {
    output.append("digraph waits {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", fontsize=10];\n")
    let waits = report.waits ?? ReportedWaits(nodes: [], edges: [])
    for node in waits.nodes {
      let isThread = node.kind.hasSuffix("thread")
      var lines = [node.symbol.map { "\(node.id)\n\($0)" } ?? node.id]
      lines.append(isThread ? node.text : node.symbol == nil ? node.text : "")
      let label = lines.filter { !$0.isEmpty }.joined(separator: "\n")
      let style =
        node.kind == "thread" ? "shape=box" : isThread ? "shape=box, style=dashed" : "shape=ellipse"
      output.append(verbatim: "  \(quoted(node.id)) [label=\(quoted(label)), \(style)];\n")
    }
    for edge in waits.edges {
      var attributes = ["label=\(quoted(edge.kind == "held-by" ? "held by" : "waits for"))"]
      if !edge.isRead { attributes.append("style=dashed") }
      if edge.isInCycle == true { attributes.append("color=red, penwidth=2") }
      output.append(
        verbatim: "  \(quoted(edge.from)) -> \(quoted(edge.to)) [\(attributes.joined(separator: ", "))];\n")
      output.flushIfLarge()
    }
    output.append("}\n")
    output.flush()
  }

  /// A quoted string: a quotation mark, a backslash and a line's end are escaped; so is what could not be printed.
  private static func quoted(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var result = ""
      for character in Escaping.escaped(String(line)) {
        if character == "\"" || character == "\\" { result.append("\\") }
        result.append(character)
      }
      return result
    }
    return "\"" + lines.joined(separator: "\\n") + "\""
  }
}
