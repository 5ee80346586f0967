/// A comparison of two crashes, for people.
package enum ComparisonText {
  package static func write(_ comparison: ReportComparison, to output: ByteOutput, _ options: TextOptions) {
    let page = TextPage(output, options)
    page.with(comparison.verdict == "same" ? .heading : .verdict) { page.put(title(comparison.verdict)) }
    page.put(": ")
    page.paragraph(comparison.statement, column: 0)
    page.endLine()
    row(page, "A", comparison.a.path)
    row(page, "B", comparison.b.path)
    section(page, "SAME", comparison.aspects.filter(\.isEqual))
    section(page, "DIFFERENT", comparison.aspects.filter { !$0.isEqual })
    modules(page, comparison.modules)
    output.flush()
  }

  private static func title(_ verdict: String) -> StaticString {
    switch verdict {
    case "same": "THE SAME CRASH"
    case "same-cause-elsewhere": "THE SAME CAUSE, ELSEWHERE"
    case "different": "DIFFERENT CRASHES"
    default: "CANNOT TELL"
    }
  }

  private static let indent = 16

  private static func row(_ page: TextPage, _ name: String, _ text: String) {
    page.spaces(2)
    page.put(escaping: name)
    page.spaces(max(1, indent - 2 - name.utf8.count))
    page.put(escaping: text)
    page.endLine()
  }

  private static func section(_ page: TextPage, _ title: StaticString, _ aspects: [ComparedAspect]) {
    guard !aspects.isEmpty else { return }
    page.heading(title)
    page.endLine()
    for aspect in aspects {
      if aspect.isEqual {
        for (index, text) in aspect.a.enumerated() { row(page, index == 0 ? aspect.name : "", text) }
      } else if max(aspect.a.count, aspect.b.count) <= 1 {
        row(page, aspect.name, "A  \(aspect.a.first ?? "not known")")
        row(page, "", "B  \(aspect.b.first ?? "not known")")
      } else {
        lists(page, aspect)
      }
    }
  }

  /// Two lists of frames, those that agree once.
  private static func lists(_ page: TextPage, _ aspect: ComparedAspect) {
    for index in 0..<max(aspect.a.count, aspect.b.count) {
      let name = index == 0 ? aspect.name : ""
      let a = index < aspect.a.count ? aspect.a[index] : "–"
      let b = index < aspect.b.count ? aspect.b[index] : "–"
      if a == b {
        row(page, name, "=  \(a)")
      } else {
        row(page, name, "A  \(a)")
        row(page, "", "B  \(b)")
      }
    }
  }

  private static func modules(_ page: TextPage, _ modules: [ComparedModule]) {
    let onStack = modules.filter(\.isInStack)
    let others = modules.filter { !$0.isInStack }
    guard !modules.isEmpty else { return }
    page.heading("MODULES OF OTHER BUILDS")
    page.endLine()
    for module in onStack + others.prefix(8) {
      row(page, "", "\(module.name)\(module.isInStack ? ", on the stack" : "")")
      row(page, "", "  A  \(module.a ?? "not there, or without a build-id")")
      row(page, "", "  B  \(module.b ?? "not there, or without a build-id")")
    }
    if others.count > 8 { row(page, "", "and \(Quantities.grouped(others.count - 8)) more; --json lists all") }
  }
}
