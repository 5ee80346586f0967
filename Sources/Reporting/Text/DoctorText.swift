package import Discovery

/// What decides whether core files are written, for people.
package enum DoctorText {
  /// Each thing that was looked at, what was found, and which command mends it.
  package static func write(_ checks: [Doctor.Check], to output: ByteOutput, _ options: TextOptions) {
    let page = TextPage(output, options)
    for check in checks { write(check, page) }
    let problems = checks.count { $0.state == .problem }
    page.endLine()
    page.paragraph(
      problems == 0
        ? "A program that crashes in this shell leaves a core file."
        : "\(Quantities.count(problems, "problem")): a program that crashes in this shell may leave no core file.",
      column: 0)
    output.flush()
  }

  /// Where no core was found: what keeps them from being written, or that nothing does.
  package static func writeNoCore(_ checks: [Doctor.Check], to output: ByteOutput, _ options: TextOptions) {
    let page = TextPage(output, options)
    page.paragraph(
      "No core file was found: not in this folder, nor where the kernel or a collector puts them.", column: 0)
    let problems = checks.filter { $0.state == .problem }
    page.endLine()
    if problems.isEmpty {
      page.paragraph(
        "Nothing keeps one from being written: crash the program again, then run `inquest core`.", column: 0)
      for check in checks where check.name == "core_pattern" { write(check, page) }
    } else {
      for check in problems { write(check, page) }
    }
    output.flush()
  }

  private static func write(_ check: Doctor.Check, _ page: TextPage) {
    let isProblem = check.state == .problem
    page.with(isProblem ? .warning : .faint) { page.put(isProblem ? "problem  " : "ok       ") }
    page.with(.heading) { page.put(escaping: check.name) }
    page.put(": ")
    page.paragraph(check.explanation, column: 9 + check.name.utf8.count + 2, rest: 9)
    for remedy in check.remedies {
      page.put("           ")
      page.put(escaping: remedy)
      page.endLine()
    }
  }
}
