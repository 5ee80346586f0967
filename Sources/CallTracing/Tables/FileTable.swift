package import SystemCalls

/// Which files each process opened, how far it got in them, and whether it closed them.
///
/// Offsets are what the kernel said at the moment before a file was closed, or its process ended; so they are right
/// however the file was read.
package final class FileTable: TraceSink {
  /// The calls that are needed for it.
  package static let calls: Set<String> = [
    "open", "openat", "openat2", "creat", "close", "close_range", "dup", "dup2", "dup3", "fcntl",
  ]

  private struct Row {
    let process: Int32
    var path: String
    let how: String
    let begin: UInt64
    var offset: UInt64?
    var size: UInt64?
    var state = State.open
    /// How many descriptors refer to it.
    var descriptors = 1
  }

  private enum State { case open, closed, atEnd, left, failed(String) }

  private let table: CallTable
  private let output: any TraceOutput
  private let showsAll: Bool
  private var rows: [Row] = []
  /// Which row a descriptor belongs to.
  private var open: [Int32: [Int32: Int]] = [:]
  private var closing: [Int32: [Int32: DescriptorState]] = [:]
  private var dropped = 0
  private static let mostRows = 1_000_000

  /// - Parameter showsAll: whether opens that failed are listed too.
  package init(_ table: CallTable, output: any TraceOutput, showsAll: Bool) {
    self.table = table
    self.output = output
    self.showsAll = showsAll
  }

  package func take(_ item: TraceItem, time: UInt64, thread: Int32, process: Int32) {
    switch item {
    case .call(let call): take(call, process)
    case .descriptor(let state): note(state, process)
    case .born(let creator):
      // A new process has its parent's descriptors; its own rows begin with what it opens itself.
      if creator != nil, thread == process { open[process] = [:] }
    case .processEnded: end(process)
    default: break
    }
  }

  private func note(_ state: DescriptorState, _ process: Int32) {
    if state.moment == .before { return noteBefore(state, process) }
    guard let row = open[process]?[state.descriptor] else { return }
    rows[row].offset = state.offset ?? rows[row].offset
    rows[row].size = state.size ?? rows[row].size
    if let path = state.path, path.hasPrefix("/") { rows[row].path = path }
    switch state.moment {
    case .atEnd: rows[row].state = .atEnd
    case .left: rows[row].state = .left
    case .before, .closing: break
    }
  }

  /// A file that a process had open before it was followed. How it was opened nobody has seen.
  private func noteBefore(_ state: DescriptorState, _ process: Int32) {
    // Sockets, pipes and devices are no files.
    guard let path = state.path, state.size != nil, open[process]?[state.descriptor] == nil else { return }
    guard rows.count < Self.mostRows else {
      dropped += 1
      return
    }
    rows.append(
      Row(process: process, path: path, how: "before", begin: 0, offset: state.offset, size: state.size))
    open[process, default: [:]][state.descriptor] = rows.count - 1
  }

  private func take(_ call: FinishedCall, _ process: Int32) {
    let value = call.observed.value
    let arguments = call.observed.arguments
    switch call.name {
    case "open", "openat", "openat2", "creat": opened(call, process)
    case "dup", "dup2", "dup3", "fcntl": duplicated(call, process)
    case "close" where value != nil: close(Int32(truncatingIfNeeded: arguments[0]), process)
    case "close_range" where value != nil && arguments[2] & 4 == 0:
      for descriptor in (open[process] ?? [:]).keys
      where descriptor >= 0 && UInt64(descriptor) >= arguments[0] & 0xffff_ffff
        && UInt64(descriptor) <= arguments[1] & 0xffff_ffff
      {
        close(descriptor, process)
      }
    default: break
    }
  }

  private func opened(_ call: FinishedCall, _ process: Int32) {
    let index = call.name == "open" || call.name == "creat" ? 0 : 1
    let state: State
    switch call.observed.outcome {
    case .value: state = .open
    case .failed(let errno):
      guard showsAll else { return }
      state = .failed(ErrorNames.name(errno).map { String(decoding: $0, as: UTF8.self) } ?? "error \(errno)")
    case .unfinished: return
    }
    guard rows.count < Self.mostRows else {
      dropped += 1
      return
    }
    let bytes = call.memory.read(call.observed.arguments[index], 4096, .entry).prefix { $0 != 0 }
    rows.append(
      Row(
        process: process, path: String(decoding: bytes, as: UTF8.self), how: mode(call, index + 1), begin: call.begin,
        state: state))
    if let value = call.observed.value { open[process, default: [:]][Int32(clamping: value)] = rows.count - 1 }
  }

  /// read, write, both; made anew, emptied, appended to.
  private func mode(_ call: FinishedCall, _ index: Int) -> String {
    var flags = call.observed.arguments[index]
    if call.name == "creat" { flags = 0o1101 }
    if call.name == "openat2" {
      flags = call.memory.read(flags, 8, .entry).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    var words = flags & 3 == 0 ? "read" : flags & 3 == 1 ? "write" : "read+write"
    if flags & 0o2000 != 0 { words += ", append" }
    if flags & 0o1000 != 0 { words += ", truncate" }
    return words
  }

  private func duplicated(_ call: FinishedCall, _ process: Int32) {
    guard let value = call.observed.value else { return }
    if call.name == "fcntl", call.observed.arguments[1] != 0, call.observed.arguments[1] != 1030 { return }
    let from = Int32(truncatingIfNeeded: call.observed.arguments[0])
    let to = Int32(clamping: value)
    guard from != to else { return }
    close(to, process)
    guard let row = open[process]?[from] else { return }
    rows[row].descriptors += 1
    open[process]?[to] = row
  }

  private func close(_ descriptor: Int32, _ process: Int32) {
    guard let row = open[process]?.removeValue(forKey: descriptor) else { return }
    rows[row].descriptors -= 1
    if rows[row].descriptors == 0 { rows[row].state = .closed }
  }

  private func end(_ process: Int32) {
    for row in (open.removeValue(forKey: process) ?? [:]).values {
      // Not found open at the end: an exec closed it, or a call that was not seen.
      if case .open = rows[row].state { rows[row].state = .closed }
    }
  }

  package func finish() {
    var text = CallText()
    text.append(" process    offset      size  state         how          file\n")
    for row in rows {
      column("\(row.process)", 8, &text)
      column(row.offset.map { "\($0)" } ?? "", 10, &text)
      column(row.size.map { "\($0)" } ?? "", 10, &text)
      text.append("  ")
      let state =
        switch row.state {
        case .open, .left: "open"
        case .closed: "closed"
        case .atEnd: "open at end"
        case .failed(let name): name
        }
      text.append(verbatim: state)
      text.append(spaces: 14 - state.utf8.count)
      text.append(verbatim: row.how)
      text.append(spaces: max(1, 13 - row.how.utf8.count))
      text.append(quoted: Array(row.path.utf8)[...])
      text.append("\n")
    }
    if rows.isEmpty { text.append(" no file was opened\n") }
    if dropped > 0 {
      text.append(" and ")
      text.append(decimal: UInt64(dropped))
      text.append(" more\n")
    }
    output.write(text.bytes)
  }

  private func column(_ value: String, _ width: Int, _ text: inout CallText) {
    text.append(spaces: width - value.utf8.count)
    text.append(verbatim: value)
  }
}
