internal import SystemCalls

/// Counts calls, errors and time, by call and by thread.
package final class SummaryTable: TraceSink {
  struct Account {
    var count: UInt64 = 0
    var errors: UInt64 = 0
    var nanoseconds: UInt64 = 0
    var longest: UInt64 = 0

    mutating func add(_ nanoseconds: UInt64, isError: Bool) {
      count += 1
      if isError { errors += 1 }
      self.nanoseconds &+= nanoseconds
      longest = max(longest, nanoseconds)
    }
  }

  private var calls: [String: Account] = [:]
  private var threads: [Int32: (process: Int32, account: Account)] = [:]
  private let output: any TraceOutput
  /// How many threads are listed: those with the most calls.
  private static let mostThreads = 20

  package init(output: any TraceOutput) { self.output = output }

  package func take(_ item: TraceItem, time: UInt64, thread: Int32, process: Int32) {
    switch item {
    case .call(let call):
      calls[call.name, default: Account()].add(call.duration, isError: call.isError)
      threads[thread, default: (process, Account())].account.add(call.duration, isError: call.isError)
    case .unfinished(let call, isWaiting: false):
      calls[call.name, default: Account()].add(0, isError: false)
      threads[thread, default: (process, Account())].account.add(0, isError: false)
    default: break
    }
  }

  package func finish() {
    var text = CallText()
    let total = calls.values.reduce(into: Account()) { sum, account in
      sum.count += account.count
      sum.errors += account.errors
      sum.nanoseconds &+= account.nanoseconds
      sum.longest = max(sum.longest, account.longest)
    }
    text.append("      time     share     calls    errors   longest  call\n")
    let ordered = calls.sorted {
      ($0.value.nanoseconds, $0.value.count, $1.key) > ($1.value.nanoseconds, $1.value.count, $0.key)
    }
    for (name, account) in ordered { append(account, total, &text) { $0.append(verbatim: name) } }
    append(total, total, &text) { $0.append("in all") }
    if threads.count > 1 { appendThreads(total, &text) }
    output.write(text.bytes)
  }

  private func appendThreads(_ total: Account, _ text: inout CallText) {
    text.append("\n      time     share     calls    errors   longest  thread\n")
    let ordered = threads.sorted { ($0.value.account.count, $1.key) > ($1.value.account.count, $0.key) }
    for (thread, entry) in ordered.prefix(Self.mostThreads) {
      append(entry.account, total, &text) {
        $0.append(signed: Int64(thread))
        guard entry.process != thread else { return }
        $0.append(" of ")
        $0.append(signed: Int64(entry.process))
      }
    }
    if ordered.count > Self.mostThreads {
      text.append("  and ")
      text.append(decimal: UInt64(ordered.count - Self.mostThreads))
      text.append(" more\n")
    }
  }

  private func append(_ account: Account, _ total: Account, _ text: inout CallText, name: (inout CallText) -> Void) {
    var time = CallText()
    // exit and its like take no time that could be seen.
    if account.nanoseconds > 0 { DurationText.append(account.nanoseconds, to: &time) }
    column(time, 10, &text)
    var share = CallText()
    let thousandths = total.nanoseconds == 0 ? 0 : Double(account.nanoseconds) * 1000 / Double(total.nanoseconds)
    let rounded = UInt64(max(0, min(thousandths, 1000)).rounded())
    share.append(decimal: rounded / 10)
    share.append(".")
    share.append(decimal: rounded % 10)
    share.append(" %")
    column(share, 10, &text)
    for number in [account.count, account.errors] {
      var value = CallText()
      if number > 0 { value.append(decimal: number) }
      column(value, 10, &text)
    }
    var longest = CallText()
    if account.longest > 0 { DurationText.append(account.longest, to: &longest) }
    column(longest, 10, &text)
    text.append("  ")
    name(&text)
    text.append("\n")
  }

  private func column(_ value: CallText, _ width: Int, _ text: inout CallText) {
    text.append(spaces: width - value.bytes.count)
    text.append(bytes: value.bytes)
  }
}
