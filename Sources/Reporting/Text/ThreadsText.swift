internal import Symbolication

/// The threads that did not crash, one line for those that do the same.
package struct ThreadsText {
  private let page: TextPage
  /// How many groups are shown where not all are, how many functions of each, and how many thread ids.
  private static let shownGroups = 20
  private static let shownFunctions = 4
  private static let shownIDs = 6

  package init(_ page: TextPage) { self.page = page }

  /// Groups that show the same functions are shown as one.
  ///
  /// - Parameters:
  ///   - isLive: whether they are all threads of a process that goes on, of which none has crashed.
  ///   - option: by which the user gets their stacks.
  package func write(_ stacks: [ReportedStack], isLive: Bool = false, option: String = "--threads all") {
    var groups: [(functions: [String], threads: [ReportedThread])] = []
    var places: [[String]: Int] = [:]
    for stack in stacks {
      let functions = Self.functions(stack)
      if let place = places[functions] {
        groups[place].threads += stack.threads
      } else {
        places[functions] = groups.count
        groups.append((functions, stack.threads))
      }
    }
    groups.sort { $0.threads.count > $1.threads.count }
    page.heading(isLive ? "THREADS" : "OTHER THREADS")
    page.put(escaping: " (\(option) shows their stacks)")
    page.endLine()
    let shown = page.options.isFull ? groups.count : min(groups.count, Self.shownGroups)
    let width = Quantities.grouped(groups.first?.threads.count ?? 0).utf8.count
    for group in groups[..<shown] {
      let count = Quantities.grouped(group.threads.count)
      page.spaces(2 + width - count.utf8.count)
      page.put(escaping: count)
      page.spaces(2)
      let ids = "  (\(Self.names(group.threads, isFull: page.options.isFull)))"
      let room = page.options.width - width - 4 - Escaping.width(ids)
      page.with(.function) {
        page.output.append(verbatim: Self.joined(group.functions, to: max(room, 32)))
      }
      page.with(.faint) { page.put(escaping: ids) }
      page.endLine()
      if let wait = WaitSummary.text(group.threads) {
        page.spaces(2 + width + 2)
        page.paragraph(wait, column: width + 4, rest: width + 6)
      }
    }
    if shown < groups.count {
      page.spaces(2 + width + 2)
      let left = groups[shown...].reduce(0) { $0 + $1.threads.count }
      page.paragraph(
        "and \(Quantities.count(left, "thread")) in \(groups.count - shown) more groups", column: width + 4)
    }
  }

  /// "thread 12 (worker)", "threads 12, 13, 14 and 20 more".
  package static func names(_ threads: [ReportedThread], isFull: Bool = false) -> String {
    let shown = isFull ? threads.count : min(threads.count, shownIDs)
    let ids = threads[..<shown].map { thread in
      thread.name.map { "\(thread.tid) \($0)" } ?? "\(thread.tid)"
    }
    let rest = threads.count > shown ? " and \(Quantities.grouped(threads.count - shown)) more" : ""
    return "thread\(threads.count == 1 ? "" : "s") " + ids.joined(separator: ", ") + rest
  }

  /// The names of the innermost functions of a stack, innermost first, escaped.
  private static func functions(_ stack: ReportedStack) -> [String] {
    let frames = stack.elements.lazy.compactMap { $0.frame ?? $0.fold?.cycle.first }
    let names = frames.prefix(shownFunctions).map { frame in
      Escaping.escaped(frame.function.map(SymbolName.bare) ?? frame.module.map { "? in \($0)" } ?? frame.pc.text)
    }
    return names.isEmpty ? ["no stack"] : Array(names)
  }

  /// As many of the names as fit into `width` columns whole; the first in any case, cut if it must be.
  private static func joined(_ names: [String], to width: Int) -> String {
    let arrow = " <- "
    let more = " <- ..."
    guard let first = names.first else { return "" }
    var text = NameCutter.cut(first, to: names.count > 1 ? width - more.utf8.count : width)
    for (index, name) in names.enumerated().dropFirst() {
      let isLast = index == names.count - 1
      let needed = Escaping.width(text) + arrow.utf8.count + Escaping.width(name) + (isLast ? 0 : more.utf8.count)
      if needed > width { return text + more }
      text += arrow + name
    }
    return text
  }
}
