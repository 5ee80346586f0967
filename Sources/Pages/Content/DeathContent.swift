internal import Reporting

/// Who died of what, where: facts in a few lines, and the picture of the memory around it.
struct DeathContent {
  private let report: Report

  init(_ report: Report) { self.report = report }

  var fields: [String: TemplateValue] {
    var facts: [TemplateValue] = []
    func add(_ name: String, _ value: String?, isCode: Bool = false) {
      guard let value, !value.isEmpty else { return }
      facts.append(["name": .text(name), "value": .text(value), "isCode": .flag(isCode)])
    }
    if let stop = report.stop {
      add("State", stop.state)
      add("Process", "\(stop.pid)")
      add("Threads", Quantities.grouped(report.process.threadCount))
      add("Stopped", stop.text)
    } else {
      add("Signal", report.signal.map(Self.text) ?? "none: it may be a snapshot of a living process")
    }
    add("Sent by", sender)
    add("Access", report.fault.flatMap(Self.access))
    add("Instruction", report.signal?.senderPID == nil ? report.fault?.instruction : nil, isCode: true)
    add("At", StackContent(report).place)
    add("Thread", thread)
    for earlier in report.earlierFaults.reversed() {
      let access = earlier.fault.flatMap(Self.access).map { ", \($0)" } ?? ""
      let place = earlier.place.map { ", at \($0)" } ?? ""
      add("In the handler of", "\(Self.text(earlier.signal))\(access)\(place)")
    }
    add("Command", Self.command(report.process.arguments), isCode: true)
    add("Executable", report.process.executable, isCode: true)
    add("Processor", report.architecture)
    let space = AddressSpaceDrawing(report)
    return [
      "pid": .text(report.process.pid.map { "\($0)" }),
      "signalName": .text(report.signal?.name),
      "facts": .list(facts),
      "tower": space.tower.map { .markup($0) } ?? .absent,
      "inset": space.inset.map { .markup($0) } ?? .absent,
      "insetNote": .text(space.insetNote),
      "towerNote": .text(space.towerNote),
    ]
  }

  private static func text(_ signal: ReportedSignal) -> String {
    signal.name + (signal.codeName.map { " (\($0))" } ?? "")
  }

  private var sender: String? {
    guard let signal = report.signal, let sender = signal.senderPID else { return nil }
    if sender == report.process.pid { return "the process itself" }
    return "process \(sender)" + (signal.senderUID.map { " of user \($0)" } ?? "")
  }

  private var thread: String? {
    guard let thread = report.crashedThread else { return nil }
    let name = report.stacks.lazy.flatMap(\.threads).first { $0.tid == thread }?.name
    let count = report.process.threadCount
    return "\(thread)" + (name.map { " \($0)" } ?? "")
      + (count > 1 ? ", one of \(Quantities.grouped(count))" : ", the only one")
  }

  /// "reading address 0x220 (not mapped)".
  static func access(_ fault: ReportedFault) -> String? {
    guard let address = fault.address else { return nil }
    let verb = ["read": "reading", "write": "writing", "execute": "executing"][fault.access ?? ""] ?? "using"
    return "\(verb) address \(address.text)" + (fault.region.map { " (\($0))" } ?? "")
  }

  /// Arguments as a shell would take them.
  static func command(_ arguments: [String]) -> String? {
    guard !arguments.isEmpty else { return nil }
    let most = 60
    let shown = arguments.prefix(most).map { argument in
      let isPlain = argument.utf8.allSatisfy { byte in
        byte >= 0x61 && byte <= 0x7a || byte >= 0x40 && byte <= 0x5a || byte >= 0x2b && byte <= 0x3a || byte == 0x5f
          || byte == 0x3d || byte == 0x25
      }
      if isPlain, !argument.isEmpty { return argument }
      return "'" + argument.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
    let more = arguments.count > most ? " … and \(Quantities.grouped(arguments.count - most)) more" : ""
    return shown.joined(separator: " ") + more
  }
}
