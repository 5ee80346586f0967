internal import Machine
package import SystemCalls

/// Collects threads over time, what they called, who made whom and who waited for whom.
///
/// A join is seen by what it waits for: the word that the kernel clears when the thread ends (CLONE_CHILD_CLEARTID), or, of
/// a process, by wait4 and waitid.
package final class TimelineSink: TraceSink {
  private let table: CallTable
  private let limits: CallLimits
  private let writers: [any TimelineWriter]
  private var lanes: [Int32: TimelineLane] = [:]
  private var ended: [TimelineLane] = []
  private var names: [Int32: String] = [:]
  /// Whose word a futex may be: by process and address.
  private var words: [WordKey: Int32] = [:]
  /// The processes of threads that have ended and may be joined yet.
  private var owners: [Int32: Int32] = [:]
  /// Who made threads that are not born yet, and the born that nobody has spoken for.
  private var creators: [Int32: Int32] = [:]
  private var orphans: Set<Int32> = []
  private var last: UInt64 = 0

  private struct WordKey: Hashable {
    let process: Int32
    let address: UInt64
  }

  package init(_ table: CallTable, limits: CallLimits, writers: [any TimelineWriter]) {
    self.table = table
    self.limits = limits
    self.writers = writers
  }

  package func take(_ item: TraceItem, time: UInt64, thread: Int32, process: Int32) {
    last = max(last, time)
    switch item {
    case .call(let call):
      begin(thread, process, call.begin)
      for writer in writers { writer.call(call, text: { self.text(of: call) }) }
      learn(call)
    case .unfinished(let call, isWaiting: false):
      begin(thread, process, call.begin)
      for writer in writers { writer.call(call, text: { self.text(of: call) }) }
    case .born(let creator):
      begin(thread, process, time)
      if let creator = creator ?? creators.removeValue(forKey: thread) {
        arrow(.creation, from: creator, to: thread, time)
      } else {
        orphans.insert(thread)
      }
    case .attached: begin(thread, process, time)
    case .creation(let child):
      // Told with the birth, unless that came before its creator had spoken.
      if orphans.remove(child) != nil {
        arrow(.creation, from: thread, to: child, time)
      } else if lanes[child] == nil, creators.count < 10_000 {
        creators[child] = thread
      }
    case .executed(let former, let program):
      begin(thread, process, time)
      names[process] = program.split(separator: "/").last.map(String.init) ?? program
      for writer in writers { writer.mark("exec", thread: thread, process: process, time: time) }
      if former != thread { end(former, time, "became \(thread)") }
    case .signal(let number, _):
      begin(thread, process, time)
      for writer in writers {
        writer.mark(signalName(number), thread: thread, process: process, time: time)
      }
    case .ended(let end): self.end(thread, time, words(end))
    case .processEnded(let end):
      if lanes[process] != nil { self.end(process, time, words(end)) }
    default: break
    }
  }

  package func finish() {
    for thread in lanes.keys.sorted() { end(thread, last, nil) }
    for writer in writers { writer.finish(names: names) }
  }

  private func begin(_ thread: Int32, _ process: Int32, _ time: UInt64) {
    guard lanes[thread] == nil else { return }
    lanes[thread] = TimelineLane(thread: thread, process: process, begin: time, end: time, how: nil)
    for writer in writers { writer.begin(thread: thread, process: process, time: time) }
  }

  private func end(_ thread: Int32, _ time: UInt64, _ how: String?) {
    guard var lane = lanes.removeValue(forKey: thread) else { return }
    lane.end = time
    lane.how = how
    if owners.count > 100_000 { owners.removeAll() }
    owners[thread] = lane.process
    orphans.remove(thread)
    for writer in writers { writer.end(lane) }
  }

  private func arrow(_ kind: TimelineArrow.Kind, from: Int32, to: Int32, _ time: UInt64) {
    let arrow = TimelineArrow(
      kind: kind, from: from, fromProcess: lanes[from]?.process ?? owners[from] ?? from, fromTime: time, to: to,
      toProcess: lanes[to]?.process ?? owners[to] ?? to, toTime: time)
    for writer in writers { writer.arrow(arrow) }
  }

  /// What a call tells of threads.
  private func learn(_ call: FinishedCall) {
    let arguments = call.observed.arguments
    guard let value = call.observed.value else { return }
    switch call.name {
    case "clone" where value > 0 && arguments[0] & 0x20_0000 != 0:
      remember(call.process, arguments[table.architecture == .x86_64 ? 3 : 4], Int32(clamping: value))
    case "clone3" where value > 0:
      let bytes = call.memory.read(arguments[0], 24, .entry)
      guard bytes.count == 24 else { return }
      let words = (0..<3).map { word in
        (0..<8).reduce(0 as UInt64) { $0 | UInt64(bytes[bytes.startIndex + word * 8 + $1]) << UInt64($1 * 8) }
      }
      if words[0] & 0x20_0000 != 0 { remember(call.process, words[2], Int32(clamping: value)) }
    case "set_tid_address": remember(call.process, arguments[0], call.thread)
    case "futex" where arguments[1] & 0x7f == 0 || arguments[1] & 0x7f == 9:
      let key = WordKey(process: call.process, address: arguments[0])
      guard let child = words[key], child != call.thread, child == Int32(truncatingIfNeeded: arguments[2]) else {
        return
      }
      words[key] = nil
      arrow(.join, from: child, to: call.thread, call.end)
    case "wait4" where value > 0: arrow(.join, from: Int32(clamping: value), to: call.thread, call.end)
    case "waitid":
      let bytes = call.memory.read(arguments[2], 16, .exit)
      guard bytes.count == 16 else { return }
      let child = (0..<4).reduce(0 as UInt32) { $0 | UInt32(bytes[bytes.startIndex + 12 + $1]) << UInt32($1 * 8) }
      if child != 0 { arrow(.join, from: Int32(truncatingIfNeeded: child), to: call.thread, call.end) }
    default: break
    }
  }

  private func remember(_ process: Int32, _ address: UInt64, _ thread: Int32) {
    if words.count > 100_000 { words.removeAll() }
    words[WordKey(process: process, address: address)] = thread
  }

  private func text(of call: FinishedCall) -> String {
    var decoder = CallDecoder(call.observed, of: table, memory: call.memory, limits: limits)
    decoder.appendCall()
    decoder.text.append(" ")
    decoder.appendResult()
    return String(decoding: decoder.text.bytes, as: UTF8.self)
  }

  private func signalName(_ number: Int32) -> String {
    var text = CallText()
    SignalDescription.appendSignal(number, table.constants, to: &text)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  private func words(_ end: EndOfThread) -> String {
    switch end {
    case .exited(let status): "exited with \(status)"
    case .killed(let signal, _): "killed by \(signalName(signal))"
    case .replaced: "ended by an exec of another thread"
    case .untold: "ended with its process"
    case .left: "left"
    }
  }
}

/// The life of a thread. Times are nanoseconds on the monotonic clock.
package struct TimelineLane: Sendable {
  package let thread: Int32
  package let process: Int32
  package let begin: UInt64
  package var end: UInt64
  /// How it ended, in words.
  package var how: String?
}

/// Who made whom, or waited for whose end.
package struct TimelineArrow: Sendable {
  package enum Kind: Sendable { case creation, join }
  package let kind: Kind
  package let from: Int32
  package let fromProcess: Int32
  package let fromTime: UInt64
  package let to: Int32
  package let toProcess: Int32
  package let toTime: UInt64
}

/// Writes a timeline down, in one format or another.
package protocol TimelineWriter: AnyObject {
  func begin(thread: Int32, process: Int32, time: UInt64)
  func end(_ lane: TimelineLane)
  func call(_ call: FinishedCall, text: () -> String)
  func mark(_ name: String, thread: Int32, process: Int32, time: UInt64)
  func arrow(_ arrow: TimelineArrow)
  func finish(names: [Int32: String])
}
