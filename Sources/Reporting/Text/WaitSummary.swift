/// What threads with one stack wait for, in a line.
enum WaitSummary {
  /// "each waits for events of descriptor 5 (epoll_wait)"; nil where none of them waits, or nothing is known.
  static func text(_ threads: [ReportedThread]) -> String? {
    var counts: [String: Int] = [:]
    var order: [String] = []
    for thread in threads {
      guard let wait = thread.wait, wait.kind != "running" else { continue }
      if counts[wait.text] == nil { order.append(wait.text) }
      counts[wait.text, default: 0] += 1
    }
    guard let first = order.first else { return nil }
    let waiting = counts.values.reduce(0, +)
    if order.count == 1 {
      return threads.count == 1 ? first : waiting == threads.count ? "each \(first)" : "\(waiting) of them: \(first)"
    }
    let most = order.enumerated().max { (counts[$0.element] ?? 0, -$0.offset) < (counts[$1.element] ?? 0, -$1.offset) }
    guard let most = most?.element, let count = counts[most] else { return nil }
    let left = waiting - count
    let lead = count == 1 ? most : "\(Quantities.grouped(count)) of them: \(most)"
    return
      "\(lead); \(Quantities.count(left, "other")) likewise for \(order.count == 2 ? "another" : "\(order.count - 1) others")"
  }
}
