package import SystemCalls

/// Writes what happens, a line each: calls whole, when they end.
///
/// A call that others overtook carries how long it took; one that waits is shown with three points while it does, and
/// again when it is done. No line is ever half of one.
package final class LineWriter: TraceSink {
  private let table: CallTable
  private let options: LineOptions
  private let names: any FunctionNames
  private let output: any TraceOutput
  private var text = CallText()
  private let start: UInt64
  /// Threads that have been seen, until it is two.
  private var first: Int32?
  private var isMany = false
  private var awaited: Set<Int32> = []
  /// Threads of which nobody has said who made them.
  private var orphans: Set<Int32> = []

  package init(
    _ table: CallTable, _ options: LineOptions, names: any FunctionNames, start: UInt64, output: any TraceOutput
  ) {
    self.table = table
    self.options = options
    self.names = names
    self.start = start
    self.output = output
    isMany = options.alwaysNamesThread
  }

  package func pause() { flush() }
  package func finish() { flush() }

  private func flush() {
    guard !text.bytes.isEmpty else { return }
    output.write(text.bytes)
    text.bytes.removeAll(keepingCapacity: true)
  }

  package func take(_ item: TraceItem, time: UInt64, thread: Int32, process: Int32) {
    if first == nil { first = thread } else if first != thread { isMany = true }
    switch item {
    case .call(let call): write(call, time)
    case .unfinished(let call, let isWaiting): writeUnfinished(call, isWaiting)
    case .foreign(let number):
      begin(time, thread)
      text.append("call ")
      text.append(signed: Int64(number))
      text.append(" of a 32-bit program, which is not decoded\n")
    case .function(let call): writeFunction(call, time, thread)
    case .signal(let number, let information):
      begin(time, thread)
      text.append("--- ")
      SignalDescription.appendSignal(number, table.constants, to: &text)
      text.append(" ")
      SignalDescription.append(information, table.constants, to: &text)
      text.append(" ---\n")
    case .descriptor: return
    case .creation(let child):
      // Told with the birth, unless that came first.
      guard orphans.remove(child) != nil else { return }
      begin(time, thread)
      text.append("+++ made ")
      text.append(signed: Int64(child))
      text.append(" +++\n")
    case .born, .attached, .executed, .groupStop, .ended, .processEnded: writeLife(item, time, thread, process)
    }
    if text.bytes.count >= 32_768 { flush() }
  }

  /// What stands before a line: the time where it was asked for, and the thread where there are several.
  private func begin(_ time: UInt64, _ thread: Int32) {
    if options.showsTime {
      let since = time >= start ? (time - start) / 1000 : 0
      let seconds = since / 1_000_000
      text.append(spaces: seconds < 10 ? 3 : seconds < 100 ? 2 : seconds < 1000 ? 1 : 0)
      text.append(decimal: seconds)
      text.append(".")
      text.append(decimal: since % 1_000_000, digits: 6)
      text.append(" ")
    }
    if isMany {
      text.append("[")
      text.append(signed: Int64(thread))
      text.append("] ")
    }
  }

  private func write(_ call: FinishedCall, _ time: UInt64) {
    begin(options.showsTime ? call.begin : time, call.thread)
    let length = text.bytes.count
    var decoder = CallDecoder(call.observed, of: table, memory: call.memory, limits: options.limits)
    swap(&decoder.text, &text)
    decoder.appendCall()
    // Results stand under one another where the calls are short, as people are used to.
    decoder.text.append(spaces: max(1, options.resultColumn - (decoder.text.bytes.count - length)))
    decoder.appendResult()
    swap(&decoder.text, &text)
    let wasAwaited = awaited.remove(call.thread) != nil
    if options.showsDuration || call.wasOvertaken || wasAwaited { appendDuration(call.duration) }
    text.append("\n")
    if call.stack > 0 { options.stacks?.append(call.stack, to: &text) }
  }

  private func writeUnfinished(_ call: FinishedCall, _ isWaiting: Bool) {
    begin(call.begin, call.thread)
    var decoder = CallDecoder(call.observed, of: table, memory: call.memory, limits: options.limits)
    swap(&decoder.text, &text)
    decoder.appendCall()
    swap(&decoder.text, &text)
    if isWaiting {
      awaited.insert(call.thread)
      text.append(" ... waits\n")
    } else {
      text.append(" = ?\n")
      awaited.remove(call.thread)
    }
    if call.stack > 0 && !isWaiting { options.stacks?.append(call.stack, to: &text) }
  }

  /// ` <1.234 ms>`
  private func appendDuration(_ nanoseconds: UInt64) {
    text.append(" <")
    DurationText.append(nanoseconds, to: &text)
    text.append(">")
  }

  private func writeFunction(_ call: FunctionCall, _ time: UInt64, _ thread: Int32) {
    begin(time, thread)
    FunctionText.append(call, names, options.limits, to: &text)
    text.append("\n")
    if call.stack > 0 { options.stacks?.append(call.stack, to: &text) }
  }

  private func writeLife(_ item: TraceItem, _ time: UInt64, _ thread: Int32, _ process: Int32) {
    // That a program's last thread ended is told with the program's end.
    if case .ended = item, thread == process { return }
    if case .ended(.untold) = item { return }
    if case .born(nil) = item { orphans.insert(thread) }
    begin(time, thread)
    text.append("+++ ")
    switch item {
    case .born(let creator):
      text.append(thread == process ? "process begins" : "thread begins")
      if let creator {
        text.append(", made by ")
        text.append(signed: Int64(creator))
      }
    case .attached: text.append("followed from now on")
    case .executed(let former, let program):
      text.append("runs ")
      text.append(quoted: Array(program.utf8)[...])
      if former != thread {
        text.append("; it was ")
        text.append(signed: Int64(former))
      }
    case .groupStop(let signal):
      text.append("stopped by ")
      SignalDescription.appendSignal(signal, table.constants, to: &text)
    case .ended(let end):
      text.append("thread ")
      appendEnd(end)
    case .processEnded(let end):
      if isMany { text.append("process ") }
      appendEnd(end)
    default: break
    }
    text.append(" +++\n")
  }

  private func appendEnd(_ end: EndOfThread) {
    switch end {
    case .exited(let status):
      text.append("exited with ")
      text.append(signed: Int64(status))
    case .killed(let signal, let dumpedCore):
      text.append("killed by ")
      SignalDescription.appendSignal(signal, table.constants, to: &text)
      if dumpedCore { text.append(" (core dumped)") }
    case .replaced: text.append("ended: another thread of its process runs another program")
    case .untold: text.append("ended")
    case .left: text.append("is followed no more")
    }
  }
}

/// How lines look.
package struct LineOptions {
  package var limits: CallLimits
  package var showsTime = false
  package var showsDuration = false
  package var alwaysNamesThread = false
  /// The least column in which results stand, counted from the call's name.
  package var resultColumn = 40
  /// Where calls' stacks are, if they are shown.
  package var stacks: (any StackNames)?

  package init(limits: CallLimits) { self.limits = limits }
}

/// Gives a stack's frames as text.
package protocol StackNames: AnyObject {
  /// Appends the stack's lines; where it was shown before, a reference to it.
  func append(_ stack: Int32, to text: inout CallText)
}

/// Where text goes.
package protocol TraceOutput: AnyObject {
  func write(_ bytes: [UInt8])
}

/// Durations as people read them.
package enum DurationText {
  /// `870 ns`, `12.3 us`, `1.23 ms`, `4.567 s`.
  package static func append(_ nanoseconds: UInt64, to text: inout CallText) {
    switch nanoseconds {
    case ..<1000:
      text.append(decimal: nanoseconds)
      text.append(" ns")
    case ..<1_000_000: appendUnit(nanoseconds, 1000, " us", to: &text)
    case ..<1_000_000_000: appendUnit(nanoseconds, 1_000_000, " ms", to: &text)
    default:
      text.append(decimal: nanoseconds / 1_000_000_000)
      text.append(".")
      text.append(decimal: nanoseconds / 1_000_000 % 1000, digits: 3)
      text.append(" s")
    }
  }

  private static func appendUnit(_ value: UInt64, _ unit: UInt64, _ name: StaticString, to text: inout CallText) {
    text.append(decimal: value / unit)
    if value < unit * 100 {
      text.append(".")
      text.append(decimal: value % unit / (unit / 10))
    }
    text.append(name)
  }
}
