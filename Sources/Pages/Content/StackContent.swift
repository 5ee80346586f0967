internal import Reporting

/// Stacks: a row a frame, folds in boxes, and the crashed thread's drawn to scale.
struct StackContent {
  private let report: Report
  /// How many parts of a stack are shown from its inner and its outer end: of the crashed thread's, and of others.
  private static let crashedEnds = (inner: 200, outer: 40)
  private static let otherEnds = (inner: 40, outer: 8)

  init(_ report: Report) { self.report = report }

  /// The stack of the crashed thread; of a snapshot, nothing.
  var crashedStack: ReportedStack? {
    guard let thread = report.crashedThread else { return nil }
    return report.stacks.first { $0.threads.contains { $0.tid == thread } }
  }

  /// Where the crashed thread stood, in a few words.
  var place: String? {
    guard let element = crashedStack?.elements.first, let frame = element.frame ?? element.fold?.cycle.first else {
      return nil
    }
    let name = Self.name(frame)
    return [
      name + (frame.functionOffset.map { "+\($0)" } ?? ""), frame.module.map { "in \($0)" }, Self.position(frame),
    ]
    .compactMap(\.self).joined(separator: ", ")
  }

  /// The section of the crashed thread.
  func crashed(_ budget: inout FrameBudget) -> TemplateValue {
    guard let stack = crashedStack else { return .absent }
    let drawing = StackDrawing(stack)
    return [
      // A signal that was sent hits a thread that may have nothing to do with its cause.
      "heading": .text(
        report.signal == nil
          ? "The first thread's stack"
          : report.signal?.senderPID == nil ? "The stack that crashed" : "The stack that the signal hit"),
      "thread": .text(report.crashedThread.map { "\($0)" }),
      "alsoOf": .text(stack.threads.count > 1 ? Quantities.count(stack.threads.count - 1, "other thread") : nil),
      "count": .text(Quantities.count(stack.frameCount, "frame")),
      "strip": drawing.strip.map { .markup($0) } ?? .absent,
      "stripNote": .text(drawing.note),
      "turn": drawing.turn.map { .markup($0) } ?? .absent,
      "turnNote": .text(drawing.turnNote),
      "elements": elements(stack, Self.crashedEnds, &budget, opensFirst: true),
      "ending": .text(StackText.reason(stack.ending, isLive: report.stop != nil)),
    ]
  }

  /// The frames of any other stack.
  func rows(_ stack: ReportedStack, _ budget: inout FrameBudget) -> TemplateValue {
    elements(stack, Self.otherEnds, &budget, opensFirst: false)
  }

  private func elements(
    _ stack: ReportedStack, _ ends: (inner: Int, outer: Int), _ budget: inout FrameBudget, opensFirst: Bool
  ) -> TemplateValue {
    let all = stack.elements
    let isWhole = all.count <= ends.inner + ends.outer
    let head = isWhole ? all.count : ends.inner
    let taken = budget.take(isWhole ? all.count : ends.inner + ends.outer)
    var rows = all.prefix(min(head, taken)).enumerated().map { row($1, isOpen: opensFirst && $0 == 0, opensFirst) }
    let tail = isWhole ? 0 : min(ends.outer, max(0, taken - ends.inner))
    if taken == 0, !all.isEmpty { return .list([Self.row(note: Self.inWords(stack))]) }
    let left = all.count - rows.count - tail
    if left > 0 {
      rows.append(Self.row(note: "… \(Quantities.grouped(left)) more, which `inquest core --full` shows …"))
    }
    rows += all.suffix(tail).map { row($0, isOpen: false, opensFirst) }
    return .list(rows)
  }

  /// A row: each of the three kinds is named, so that no name is looked for further out.
  static func row(
    frame: TemplateValue = .absent, fold: TemplateValue = .absent, note: String? = nil
  ) -> TemplateValue {
    ["frame": frame, "fold": fold, "note": .text(note)]
  }

  private func row(_ element: ReportedStackElement, isOpen: Bool, _ isCrashed: Bool) -> TemplateValue {
    if let frame = element.frame { return Self.row(frame: self.frame(frame, isOpen: isOpen, isCrashed)) }
    if let fold = element.fold {
      var size = ""
      if let perTurn = fold.bytesPerTurn, let perTurn = UInt64(exactly: perTurn.rounded()) {
        size = ", \(Quantities.bytes(perTurn)) a turn" + (fold.bytes.map { ", \(Quantities.bytes($0)) in all" } ?? "")
      }
      return Self.row(
        fold: [
          "text": .text(
            "recursion: \(Quantities.count(fold.cycle.count, "frame")), \(Quantities.grouped(fold.turns)) times = "
              + "\(Quantities.count(fold.frameCount, "frame"))\(size)"),
          "cycle": .list(
            fold.cycle.enumerated().map { Self.row(frame: self.frame($1, isOpen: isOpen && $0 == 0, isCrashed)) }),
        ])
    }
    guard let omitted = element.omitted else { return .absent }
    let names = omitted.mostFrequent.prefix(3).map { "\($0.function) \(Quantities.grouped($0.count)) times" }
    let most = names.isEmpty ? "" : ", most of them " + names.joined(separator: ", ")
    return Self.row(note: "… \(Quantities.count(omitted.count, "frame")) in no regular order\(most) …")
  }

  private func frame(_ frame: ReportedFrame, isOpen: Bool, _ isCrashed: Bool) -> TemplateValue {
    if frame.isSignalTrampoline == true {
      return ["number": .text("\(frame.number)"), "trampoline": true]
    }
    var calls: [TemplateValue] = []
    var position = Self.position(file: frame.file, line: frame.line)
    for call in frame.inlined ?? [] {
      calls.append(["name": .text(Self.cut(call.function)), "position": .text(position), "inlined": true])
      position = Self.position(file: call.callFile, line: call.callLine)
    }
    calls.append(["name": .text(Self.cut(Self.name(frame))), "position": .text(position)])
    var fields: [String: TemplateValue] = [
      "number": .text("\(frame.number)"),
      "calls": .list(calls),
      "module": .text(frame.module),
      "mark": .text(Self.marks[frame.provenance]),
      "switch": .text(frame.stackSwitch),
      "isOpen": .flag(isOpen),
      "pc": .text(frame.pc.text + (frame.functionOffset.map { " = function + \($0)" } ?? "")),
      "moduleOffset": .text(frame.moduleOffset?.text),
      "file": .text(
        frame.file.map { $0 + (frame.line.map { ":\($0)" } ?? "") + (frame.column.map { ":\($0)" } ?? "") }),
      "origin": .text(Self.origins[frame.provenance] ?? frame.provenance),
      "extent": .text(Self.extent(frame)),
    ]
    if isCrashed { fields["anchor"] = .text("f\(frame.number)") }
    if let detail = frame.detail { fields["detail"] = FrameDetailContent(report).value(detail, of: frame) }
    return .object(fields)
  }

  private static func extent(_ frame: ReportedFrame) -> String? {
    guard let pointer = frame.stackPointer?.value else { return nil }
    guard let cfa = frame.cfa?.value, cfa > pointer else { return "sp \(HexAddress(pointer).text)" }
    return "\(HexAddress(pointer).text) to \(HexAddress(cfa).text), \(Quantities.bytes(cfa - pointer))"
  }

  /// A stack in one line, where the page has no room for its frames: what its group's title does not say.
  private static func inWords(_ stack: ReportedStack) -> String {
    let names = stack.elements.lazy.flatMap { $0.frame.map { [$0] } ?? $0.fold?.cycle ?? [] }
      .dropFirst(3).prefix(8).map { frame in
        let name = name(frame)
        return name.utf8.count <= 48 ? name : NameCutter.cut(Escaping.escaped(name), to: 48)
      }
    return (["…"] + names).joined(separator: " ← ") + (stack.frameCount > names.count + 3 ? " ← …" : "")
      + " (no room for more: --full and --json hold all)"
  }

  /// Names longer than this are cut where they say least: a row is to be read at a glance.
  private static let longestName = 200

  static func cut(_ name: String) -> String {
    name.utf8.count <= longestName ? name : NameCutter.cut(Escaping.escaped(name), to: longestName)
  }

  static func name(_ frame: ReportedFrame) -> String {
    frame.function ?? frame.moduleOffset.map { "\(frame.module ?? "?") + \($0.text)" } ?? frame.pc.text
  }

  private static func position(_ frame: ReportedFrame) -> String? { position(file: frame.file, line: frame.line) }

  /// "getenv.c:84".
  private static func position(file: String?, line: UInt64?) -> String? {
    guard let file else { return nil }
    let last = file.split(separator: "/").last.map(String.init) ?? file
    return last + (line.map { $0 == 0 ? "" : ":\($0)" } ?? "")
  }

  /// What is said beside frames that were found by less than call frame information.
  private static let marks = [
    "frame-pointer": "by frame pointer", "link-register": "by link register", "prologue": "by prologue",
    "scan": "guess",
  ]

  /// How a frame was found, in a sentence.
  private static let origins = [
    "context": "the registers of the thread, as the kernel saved them",
    "call-frame-information": "call frame information (.eh_frame or .debug_frame)",
    "signal-frame": "the registers that the kernel saved when it called the signal handler",
    "frame-pointer": "the chain of frame pointers; there is no call frame information here",
    "link-register": "the link register, which the function had not saved yet",
    "prologue": "the instructions of the function's prologue; there is no call frame information here",
    "scan": "a guess: the stack was searched for what looks like a return address; it may be wrong",
  ]
}
