/// Writes stacks for people: a line a frame, inlined calls and folded recursion marked.
package struct StackText {
  let page: TextPage
  /// Whether it is of a process that goes on, not of a core.
  private let isLive: Bool
  /// How many parts of a stack are shown from its inner and its outer end, where not all are.
  static let innermost = 40
  static let outermost = 10

  package init(_ page: TextPage, isLive: Bool = false) {
    self.page = page
    self.isLive = isLive
  }

  /// All lines of a stack.
  package func write(_ stack: ReportedStack) {
    let width = TextPage.digits(max(0, stack.frameCount - 1))
    let elements = stack.elements
    let all = page.options.isFull || elements.count <= Self.innermost + Self.outermost
    let head = all ? elements.count : Self.innermost
    for element in elements[..<head] { write(element, numberWidth: width) }
    if !all {
      note("... \(Quantities.grouped(elements.count - head - Self.outermost)) more (--full shows all) ...", width)
      for element in elements[(elements.count - Self.outermost)...] { write(element, numberWidth: width) }
    }
    if let reason = Self.reason(stack.ending, isLive: isLive) { note("the walk ends here: " + reason, width) }
  }

  private func write(_ element: ReportedStackElement, numberWidth: Int) {
    if let frame = element.frame {
      write(frame, numberWidth: numberWidth)
    } else if let fold = element.fold {
      write(fold, numberWidth: numberWidth)
    } else if let omitted = element.omitted {
      let names = omitted.mostFrequent.prefix(3).map { "\($0.function) \(Quantities.grouped($0.count)) times" }
      let most = names.isEmpty ? "" : ", most of them " + names.joined(separator: ", ")
      note("... \(Quantities.count(omitted.count, "frame")) in no regular order\(most) ...", numberWidth)
    }
  }

  private func write(_ fold: ReportedFold, numberWidth: Int) {
    var size = ""
    if let perTurn = fold.bytesPerTurn, let perTurn = UInt64(exactly: perTurn.rounded()) {
      size = ", \(Quantities.grouped(Int(clamping: perTurn))) bytes a turn"
      if let bytes = fold.bytes { size += ", \(Quantities.bytes(bytes)) in all" }
    }
    let functions = Quantities.count(fold.cycle.count, "frame")
    page.with(.warning) {
      note(
        "recursion: \(functions), \(Quantities.grouped(fold.turns)) times = "
          + "\(Quantities.count(fold.frameCount, "frame"))\(size):", numberWidth)
    }
    for frame in fold.cycle { write(frame, numberWidth: numberWidth, isFolded: true) }
    page.with(.faint) { note("end of the recursion", numberWidth) }
  }

  /// The lines of one frame: its inlined calls, innermost first, then its function.
  private func write(_ frame: ReportedFrame, numberWidth: Int, isFolded: Bool = false) {
    if let stack = frame.stackSwitch {
      page.with(.faint) { note("-- another stack from here on: \(stack) --", numberWidth) }
    }
    begin(frame.number, numberWidth, isFolded)
    if frame.isSignalTrampoline == true {
      page.with(.warning) { page.put("<signal handler called; it interrupted the frame below>") }
      page.endLine()
      return
    }
    var place = Place(file: frame.file, line: frame.line)
    for call in frame.inlined ?? [] {
      line(call.function, nil, place, " (inlined)", numberWidth)
      place = Place(file: call.callFile, line: call.callLine)
      begin(nil, numberWidth, isFolded)
    }
    let mark = Self.marks[frame.provenance] ?? ""
    line(frame.function, frame, place, mark, numberWidth)
  }

  private struct Place {
    let file: String?
    let line: UInt64?
  }

  private func begin(_ number: Int?, _ width: Int, _ isFolded: Bool) {
    page.put(isFolded ? "  | " : "  ")
    if let number { page.put(number, width: width) } else { page.spaces(width) }
    page.spaces(2)
  }

  /// The function and its place, the function cut so that the whole fits the line.
  private func line(_ name: String?, _ frame: ReportedFrame?, _ place: Place, _ mark: String, _ numberWidth: Int) {
    var suffix = ""
    if let file = place.file {
      suffix = " at \(page.options.isFull ? file : Self.lastComponent(file))"
      if let line = place.line, line != 0 { suffix += ":\(line)" }
    } else if let frame {
      if name != nil, let offset = frame.functionOffset { suffix = "+\(offset)" }
      if let module = frame.module {
        suffix += " in \(module)"
        if let offset = frame.moduleOffset, name == nil || page.options.isFull { suffix += "+\(offset.text)" }
      } else {
        suffix += name == nil ? " in no module" : ""
      }
    }
    suffix = Escaping.escaped(suffix) + mark
    let shown = Escaping.escaped(name ?? frame.map { $0.pc.text } ?? "?")
    let room = page.options.width - numberWidth - 6 - Escaping.width(suffix)
    page.with(.function) {
      page.output.append(verbatim: page.options.isFull ? shown : NameCutter.cut(shown, to: max(room, 24)))
    }
    page.output.append(verbatim: suffix)
    page.endLine()
  }

  private func note(_ text: String, _ numberWidth: Int) {
    page.spaces(numberWidth + 4)
    page.paragraph(text, column: numberWidth + 4)
  }

  /// The last component of a path.
  static func lastComponent(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: 0x2f) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }

  /// What is said of frames that were found by less than call frame information.
  private static let marks = [
    "frame-pointer": " [by frame pointer]",
    "link-register": " [by link register]",
    "prologue": " [by prologue]",
    "scan": " [guess: found by scanning the stack]",
  ]

  /// Why a walk ended, in words; nil where it came to the outermost frame.
  package static func reason(_ ending: ReportedEnding, isLive: Bool = false) -> String? {
    let address = ending.address?.text ?? "?"
    return switch ending.kind {
    case "outermost": nil
    case "no-rule": "nothing tells the caller of the code at \(address)"
    case "unreadable": "the stack at \(address) \(isLive ? "cannot be read" : "is not in the core")"
    case "no-progress":
      "the caller's frame at \(address) would not lie further out (a corrupt stack, or wrong unwind tables)"
    case "not-code": "the return address \(address) is not in code"
    case "no-registers":
      isLive
        ? "the thread could not be stopped, nor its registers read" : "the core does not hold this thread's registers"
    default: "\(ending.kind) \(address)"
    }
  }
}
