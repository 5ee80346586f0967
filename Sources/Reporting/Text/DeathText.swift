/// The lines that say who died of what, where.
struct DeathText {
  private let page: TextPage
  /// Functions' names are cut to this many columns in a sentence.
  private static let longestName = 72

  init(_ page: TextPage) { self.page = page }

  func write(_ report: Report) {
    page.endLine()
    page.with(.heading) {
      page.put(escaping: report.process.title)
      if let pid = report.process.pid {
        page.put(" (pid ")
        page.put(pid)
        page.put(")")
      }
    }
    writeSignal(report)
    page.endLine()
    writeFault(report)
    writeOrigin(report)
    writeEarlier(report)
  }

  private func writeSignal(_ report: Report) {
    if let stop = report.stop { return writeStop(stop, report) }
    guard let signal = report.signal else {
      page.put(": the core names no signal; it may be a snapshot of a living process")
      return
    }
    page.put(" was killed by ")
    page.with(.verdict) { page.put(escaping: signal.name) }
    if let code = signal.codeName {
      page.put(" (")
      page.put(escaping: code)
      page.put(")")
    }
    let count = report.process.threadCount
    guard let thread = report.crashedThread, count > 1 else { return }
    page.put(" in thread ")
    page.put(thread)
    page.put(", one of ")
    page.put(escaping: Quantities.grouped(count))
  }

  /// ": sleeps; its 12 threads were stopped for 3.1 ms".
  private func writeStop(_ stop: ReportedStop, _ report: Report) {
    if let pid = report.process.pid, pid != stop.pid { page.put(escaping: ", here \(stop.pid)") }
    page.put(escaping: ": " + (stop.state.map { "\($0); " } ?? ""))
    let count = report.process.threadCount
    page.put(
      escaping: (count == 1 ? "its only thread was" : "its \(Quantities.grouped(count)) threads were")
        + " stopped \(stop.text)")
  }

  /// "reading 8 bytes at 0x220 (not mapped), at getenv+172 (libc.so.6, getenv.c:84)".
  private func writeFault(_ report: Report) {
    var parts: [String] = []
    if let access = report.fault.flatMap(Self.access) { parts.append(access) }
    if let place = Self.place(report) { parts.append("at " + place) }
    if !parts.isEmpty {
      page.spaces(2)
      page.paragraph(parts.joined(separator: ", "), column: 2, rest: 4)
    }
    // What the processor was at when a signal was sent says nothing.
    if let instruction = report.fault?.instruction, report.signal?.senderPID == nil {
      page.spaces(2)
      page.paragraph("instruction: " + instruction, column: 2, rest: 4)
    }
  }

  /// "reading address 0x220 (not mapped)".
  private static func access(_ fault: ReportedFault) -> String? {
    guard let address = fault.address else { return nil }
    let verb = ["read": "reading", "write": "writing", "execute": "executing"][fault.access ?? ""] ?? "using"
    return "\(verb) address \(address.text)" + (fault.region.map { " (\($0))" } ?? "")
  }

  /// What happened before: the faults whose handlers were running.
  private func writeEarlier(_ report: Report) {
    for earlier in report.earlierFaults.reversed() {
      let code = earlier.signal.codeName.map { " (\($0))" } ?? ""
      let access = earlier.fault.flatMap(Self.access).map { ", \($0)" } ?? ""
      let place = earlier.place.map { ", at \(NameCutter.cut(Escaping.escaped($0), to: Self.longestName))" } ?? ""
      page.spaces(2)
      page.paragraph("in its handler of \(earlier.signal.name)\(code)\(access)\(place)", column: 2, rest: 4)
    }
  }

  private func writeOrigin(_ report: Report) {
    guard let signal = report.signal else { return }
    if let sender = signal.senderPID {
      let user = signal.senderUID.map { " of user \($0)" } ?? ""
      page.spaces(2)
      page.paragraph(
        sender == report.process.pid ? "sent by the process itself" : "sent by process \(sender)\(user)", column: 2)
    }
  }

  /// Where the crashed thread stood: the innermost frame with its place in the source.
  private static func place(_ report: Report) -> String? {
    let stack = report.stacks.first { $0.threads.contains { $0.tid == report.crashedThread } }
    guard let element = stack?.elements.first, let frame = element.frame ?? element.fold?.cycle.first else {
      return nil
    }
    guard let function = frame.function else {
      let module = frame.module.map { " (\($0)+\(frame.moduleOffset?.text ?? "?"))" } ?? " (in no module)"
      return frame.pc.text + module
    }
    var inside = [frame.module].compactMap(\.self)
    // The innermost place that a person wrote: "<compiler-generated>" is none.
    let places = [(frame.file, frame.line)] + (frame.inlined ?? []).map { ($0.callFile, $0.callLine) }
    if let (file, line) = places.first(where: { $0.0.map { !StackText.lastComponent($0).hasPrefix("<") } ?? false }),
      let file
    {
      inside.append(StackText.lastComponent(file) + (line.map { $0 == 0 ? "" : ":\($0)" } ?? ""))
    }
    let name =
      NameCutter.cut(Escaping.escaped(function), to: longestName) + (frame.functionOffset.map { "+\($0)" } ?? "")
    let innermost = frame.inlined?.first.map { call in
      NameCutter.cut(Escaping.escaped(call.function), to: longestName) + ", inlined into "
    }
    return (innermost ?? "") + name + (inside.isEmpty ? "" : " (\(inside.joined(separator: ", ")))")
  }
}
