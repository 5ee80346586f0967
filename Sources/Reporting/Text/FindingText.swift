/// The verdict, what proves it, what to do, and what would refute it.
struct FindingText {
  private let page: TextPage
  /// How many bytes of a piece of evidence are shown where not all are.
  private static let shownBytes = 16

  init(_ page: TextPage) { self.page = page }

  func write(_ report: Report) {
    guard let verdict = report.findings.first else { return writeNone(report) }
    page.heading("VERDICT")
    page.put("   ")
    page.with(.verdict) {
      page.put(escaping: verdict.title)
      page.put(", ")
      page.put(escaping: verdict.certainty)
    }
    page.endLine()
    page.spaces(2)
    page.paragraph(verdict.statement, column: 2)
    writeSupport(verdict)
    let others = report.findings.dropFirst()
    guard !others.isEmpty else { return }
    page.heading("ALSO FOUND")
    page.endLine()
    for finding in others {
      page.spaces(2)
      page.paragraph("\(finding.title), \(finding.certainty): \(finding.statement)", column: 2, rest: 4)
      if page.options.isFull { writeSupport(finding) }
    }
  }

  private func writeSupport(_ finding: ReportedFinding) {
    if !finding.evidence.isEmpty {
      page.heading("EVIDENCE")
      page.endLine()
      let width = TextPage.digits(finding.evidence.count)
      for (index, evidence) in finding.evidence.enumerated() { write(evidence, index + 1, width) }
    }
    if !finding.remedies.isEmpty {
      page.heading("WHAT TO DO")
      page.endLine()
      for remedy in finding.remedies {
        page.put("  - ")
        page.paragraph(remedy, column: 4)
      }
    }
    if let refutedBy = finding.refutedBy {
      page.heading("WHAT WOULD REFUTE IT")
      page.endLine()
      page.spaces(2)
      page.paragraph(refutedBy, column: 2)
    }
  }

  private func write(_ evidence: ReportedEvidence, _ number: Int, _ width: Int) {
    page.spaces(2)
    page.put(number, width: width)
    page.spaces(2)
    page.paragraph(evidence.statement, column: width + 4)
    guard let address = evidence.address, let bytes = evidence.bytes, !bytes.isEmpty else { return }
    page.spaces(width + 4)
    page.with(.faint) {
      page.put(hexadecimal: address.value)
      page.put(":")
      let shown = page.options.isFull ? bytes.utf8.count : min(bytes.utf8.count, Self.shownBytes * 2)
      var column = 0
      for digit in bytes.utf8.prefix(shown) {
        if column % 2 == 0 { page.put(" ") }
        page.output.append(byte: digit)
        column += 1
      }
      if shown < bytes.utf8.count { page.put(" ...") }
    }
    page.endLine()
  }

  private func writeNone(_ report: Report) {
    page.heading("VERDICT")
    page.put("   none")
    page.endLine()
    page.spaces(2)
    page.paragraph(
      report.stop == nil
        ? "Nothing that Inquest knows was recognised in this core."
        : "Nothing was recognised that keeps this process from going on.", column: 2)
    guard !report.nextSteps.isEmpty else { return }
    page.heading("WHAT TO LOOK AT NEXT")
    page.endLine()
    for (index, step) in report.nextSteps.enumerated() {
      page.spaces(2)
      page.put(index + 1)
      page.spaces(2)
      page.paragraph(step, column: 4 + TextPage.digits(index + 1))
    }
  }
}
