/// Writes a report for people: what killed the process and why on the first screen, what that rests on below.
package struct ReportText {
  private let page: TextPage
  private let report: Report

  private init(_ report: Report, _ page: TextPage) {
    self.report = report
    self.page = page
  }

  /// Writes all of `report`.
  package static func write(_ report: Report, to output: ByteOutput, _ options: TextOptions) {
    let text = ReportText(report, TextPage(output, options))
    text.writeInput()
    text.writeWarnings()
    DeathText(text.page).write(report)
    FindingText(text.page).write(report)
    ClueText(text.page).write(report.clues)
    WaitsText(text.page).write(report)
    text.writeStacks()
    if options.isFull { text.writeDetails() }
    text.writeShortfalls()
    output.flush()
  }

  private func writeInput() {
    // Of a process the line about it says it all.
    guard report.stop == nil, report.input.kind != "process" else { return }
    page.put("using ")
    page.put(escaping: report.input.path)
    if let choice = report.input.choice {
      page.put(" (")
      page.put(escaping: choice)
      page.put(")")
    }
    page.endLine()
  }

  /// What must be known before anything else is believed: a stale file, a cut core.
  private func writeWarnings() {
    for shortfall in report.shortfalls where shortfall.isHeadline {
      page.with(.warning) { page.put("WARNING  ") }
      page.paragraph("\(shortfall.what): \(shortfall.cost)", column: 9)
    }
  }

  private func writeStacks() {
    let crashed = report.stacks.firstIndex { $0.threads.contains { $0.tid == report.crashedThread } }
    if let crashed { writeStack(report.stacks[crashed], isCrashed: true) }
    let others = report.stacks.indices.filter { $0 != crashed }.map { report.stacks[$0] }
    guard !others.isEmpty else { return }
    if page.options.showsAllStacks || page.options.isFull {
      for stack in others { writeStack(stack, isCrashed: false) }
    } else {
      // Of a process that `inquest run` saw crash, that option does not tell.
      let option = report.input.kind == "process" && report.stop == nil ? "--full" : "--threads all"
      ThreadsText(page).write(others, isLive: report.stop != nil, option: option)
    }
  }

  private func writeStack(_ stack: ReportedStack, isCrashed: Bool) {
    page.heading("STACK")
    page.put(" of ")
    let threads = isCrashed ? stack.threads.filter { $0.tid == report.crashedThread } : stack.threads
    page.put(escaping: ThreadsText.names(threads, isFull: page.options.isFull))
    if isCrashed, stack.threads.count > 1 {
      page.put(" and of ")
      page.put(escaping: Quantities.count(stack.threads.count - 1, "other"))
    }
    page.put(", ")
    page.put(escaping: Quantities.count(stack.frameCount, "frame"))
    page.endLine()
    if let wait = WaitSummary.text(threads) {
      page.spaces(2)
      page.paragraph(wait, column: 2)
    }
    StackText(page, isLive: report.stop != nil).write(stack)
  }

  private func writeDetails() {
    if !report.registers.isEmpty {
      page.heading("REGISTERS")
      page.endLine()
      RegistersText(page).write(report.registers)
    }
    if !report.disassembly.isEmpty {
      page.heading("CODE")
      page.endLine()
      CodeText(page).write(report.disassembly)
    }
    if !report.mappings.isEmpty {
      page.heading("MAPPINGS")
      page.endLine()
      MappingsText(page).write(report.mappings)
    }
    if !report.modules.isEmpty {
      page.heading("MODULES")
      page.endLine()
      ModulesText(page).write(report.modules)
    }
  }

  private func writeShortfalls() {
    let rest = report.shortfalls.filter { !$0.isHeadline }
    guard !rest.isEmpty else { return }
    page.heading("MISSING")
    page.endLine()
    let shown = page.options.isFull ? rest.count : min(rest.count, 8)
    for shortfall in rest[..<shown] {
      page.put("  - ")
      page.paragraph("\(shortfall.what): \(shortfall.cost)", column: 4)
    }
    if shown < rest.count {
      page.put("  - ")
      page.paragraph("and \(Quantities.grouped(rest.count - shown)) more (--full shows all)", column: 4)
    }
  }
}
