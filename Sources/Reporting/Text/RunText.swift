package import Diagnosis

/// What a run says of itself on the terminal: findings that no single core holds, and how it went.
package struct RunText {
  private let page: TextPage

  package init(_ output: ByteOutput, _ options: TextOptions) { page = TextPage(output, options) }

  /// What went wrong in a process, all findings with what they rest on.
  ///
  /// - Parameter title: names the process.
  package func write(_ findings: [Finding], title: String) {
    page.endLine()
    page.put(escaping: title)
    page.endLine()
    var report = Report(input: ReportedInput(path: title), process: ReportedProcess(threadCount: 0))
    for finding in findings {
      report.findings = [ReportedFinding(finding)]
      FindingText(page).write(report)
    }
    page.output.flush()
  }

  /// A line for people.
  package func line(_ text: String) {
    page.paragraph(text, column: 0, rest: 2)
    page.output.flush()
  }
}
