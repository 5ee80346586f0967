internal import Reporting

/// All threads, those with the same stack together.
struct ThreadsContent {
  private let report: Report
  /// How many groups are shown, how many threads of a group are named with what each waits for, and how many by
  /// their ids.
  private static let mostGroups = 6000
  private static let mostNamed = 300
  private static let mostIDs = 20_000

  init(_ report: Report) { self.report = report }

  func value(_ budget: inout FrameBudget) -> TemplateValue {
    let stacks = report.stacks
    guard !stacks.isEmpty else { return .absent }
    var ids = Self.mostIDs
    var groups: [TemplateValue] = []
    for stack in stacks.prefix(Self.mostGroups) { groups.append(group(stack, &budget, &ids)) }
    let count = stacks.reduce(0) { $0 + $1.threads.count }
    let left = stacks.count - groups.count
    return [
      "summary": .text("\(Quantities.count(count, "thread")) in \(Quantities.count(stacks.count, "group"))"),
      "unwalked": .text(
        count < report.process.threadCount
          ? "\(Quantities.count(report.process.threadCount - count, "thread")) not walked (--threads all)" : nil),
      "groups": .list(groups),
      "left": .text(left > 0 ? "and \(Quantities.count(left, "group")) more, which `--json` holds" : nil),
    ]
  }

  private func group(_ stack: ReportedStack, _ budget: inout FrameBudget, _ ids: inout Int) -> TemplateValue {
    let isCrashed = stack.threads.contains { $0.tid == report.crashedThread }
    let shown = stack.threads.prefix(max(0, ids))
    ids -= shown.count
    let reasons = Self.reasons(stack.threads)
    let innermost = StackContent(report)
    return [
      "count": .number(stack.threads.count),
      "isMany": .flag(stack.threads.count > 1),
      "isCrashed": .flag(isCrashed),
      "mark": .text(report.signal?.senderPID == nil ? "crashed" : "hit by the signal"),
      "title": .text(Self.title(stack)),
      "reasons": .list(reasons.shown.map { .object(["text": .text($0.text), "count": .text($0.count)]) }),
      "moreReasons": .text(reasons.more),
      "first": .text(Self.label(stack.threads)),
      "hasList": .flag(stack.threads.count > 1 || stack.threads.first?.wait != nil),
      "ids": .list(shown.map { .object(["tid": .text("\($0.tid)"), "name": .text($0.name)]) }),
      "waits": .list(
        reasons.shown.count > 1 || reasons.more != nil
          ? shown.prefix(Self.mostNamed).compactMap { thread in
            thread.wait.map { .object(["tid": .text("\(thread.tid)"), "text": .text($0.text)]) }
          } : []),
      "frameCount": .text(Quantities.count(stack.frameCount, "frame")),
      "elements": isCrashed
        ? [StackContent.row(note: "this stack stands above")] : innermost.rows(stack, &budget),
      "ending": .text(StackText.reason(stack.ending, isLive: report.stop != nil)),
    ]
  }

  /// "thread 12 worker" or "threads 12, 13, 14 and 97 more".
  private static func label(_ threads: [ReportedThread]) -> String {
    if threads.count == 1, let only = threads.first { return "\(only.tid)" + (only.name.map { " \($0)" } ?? "") }
    let ids = threads.prefix(6).map { "\($0.tid)" }.joined(separator: ", ")
    return threads.count > 6 ? "\(ids) and \(Quantities.grouped(threads.count - 6)) more" : ids
  }

  /// The functions that say most of where the threads stand: the innermost three.
  private static func title(_ stack: ReportedStack) -> String {
    let frames = stack.elements.lazy.flatMap { element in
      element.frame.map { [$0] } ?? element.fold?.cycle ?? []
    }
    let names = frames.filter { $0.isSignalTrampoline != true }.prefix(3).map { frame in
      let name = StackContent.name(frame)
      return name.utf8.count <= 60 ? name : NameCutter.cut(Escaping.escaped(name), to: 60)
    }
    return names.isEmpty ? "no frames" : names.joined(separator: " ← ")
  }

  /// What the threads wait for, most often first.
  private static func reasons(_ threads: [ReportedThread]) -> (
    shown: [(text: String, count: String?)], more: String?
  ) {
    var counts: [String: Int] = [:]
    for thread in threads { if let wait = thread.wait { counts[wait.text, default: 0] += 1 } }
    let sorted = counts.sorted { (-$0.value, $0.key) < (-$1.value, $1.key) }
    let shown = sorted.prefix(4).map { text, count in
      (text: text, count: threads.count > 1 ? Quantities.grouped(count) : nil)
    }
    return (shown, sorted.count > 4 ? "and \(Quantities.grouped(sorted.count - 4)) other reasons" : nil)
  }
}
