package import SystemCalls

/// Tells each change of the environment, and each reading of it that was under way on another thread meanwhile.
///
/// Two calls are told as a race where each had begun before the other had ended, of which one changes the environment and
/// they are of two threads of one process. A lock that a program holds around both calls makes that impossible, since both
/// beginnings and both ends are seen within it: so what is told here is not ordered by anything.
package final class EnvironmentRaces: TraceSink {
  package static let writers: Set<String> = ["setenv", "putenv", "unsetenv", "clearenv"]
  package static let readers: Set<String> = ["getenv", "secure_getenv"]

  private struct Call {
    let name: String
    let text: String
    let thread: Int32
    let begin: UInt64
    let stack: Int32
    let isWriter: Bool
  }

  private struct Pair: Hashable {
    let first: String
    let second: String
    let firstStack: Int32
    let secondStack: Int32
  }

  private let names: any FunctionNames
  private let stacks: (any StackNames)?
  private let limits: CallLimits
  private let output: any TraceOutput
  private let start: UInt64
  private var active: [Int32: [Call]] = [:]
  private var told: [Pair: Int] = [:]
  /// How many changes, readings and races there were.
  package private(set) var changes = 0
  package private(set) var readings = 0
  package private(set) var races = 0
  private var text = CallText()

  package init(
    names: any FunctionNames, stacks: (any StackNames)?, limits: CallLimits, start: UInt64, output: any TraceOutput
  ) {
    self.names = names
    self.stacks = stacks
    self.limits = limits
    self.start = start
    self.output = output
  }

  package func take(_ item: TraceItem, time: UInt64, thread: Int32, process: Int32) {
    switch item {
    case .function(let call): take(call, time, thread, process)
    case .ended: active[process]?.removeAll { $0.thread == thread }
    case .processEnded, .executed: active[process] = nil
    default: break
    }
  }

  private func take(_ call: FunctionCall, _ time: UInt64, _ thread: Int32, _ process: Int32) {
    let name = names.name(call.index)
    let isWriter = Self.writers.contains(name)
    guard isWriter || Self.readers.contains(name) else { return }
    if call.value != nil {
      // The innermost: putenv may call setenv.
      if let index = active[process]?.lastIndex(where: { $0.thread == thread && $0.name == name }) {
        active[process]?.remove(at: index)
      }
      return
    }
    var described = CallText()
    FunctionText.append(call, names, limits, to: &described)
    let new = Call(
      name: name, text: String(decoding: described.bytes.dropFirst("library ".utf8.count), as: UTF8.self),
      thread: thread, begin: time, stack: call.stack, isWriter: isWriter)
    // A function of libc that calls another one is one change.
    let isInner = active[process]?.contains { $0.thread == thread } ?? false
    if !isInner {
      if isWriter { changes += 1 } else { readings += 1 }
      if isWriter { tellChange(new, time, process) }
    }
    var others: Set<Int32> = []
    for other in active[process] ?? [] where other.thread != thread && (isWriter || other.isWriter) && !isInner {
      if others.insert(other.thread).inserted { tellRace(new, other, time, process) }
    }
    if (active[process]?.count ?? 0) < 4096 { active[process, default: []].append(new) }
  }

  private func begin(_ time: UInt64, _ process: Int32, _ thread: Int32) {
    let since = time >= start ? (time - start) / 1000 : 0
    text.append(decimal: since / 1_000_000)
    text.append(".")
    text.append(decimal: since % 1_000_000, digits: 6)
    text.append(" [")
    text.append(signed: Int64(process))
    if thread != process {
      text.append("/")
      text.append(signed: Int64(thread))
    }
    text.append("] ")
  }

  private func tellChange(_ call: Call, _ time: UInt64, _ process: Int32) {
    begin(time, process, call.thread)
    text.append(verbatim: call.text)
    text.append("\n")
    if call.stack > 0 { stacks?.append(call.stack, to: &text) }
    flushIfLarge()
  }

  private func tellRace(_ new: Call, _ other: Call, _ time: UInt64, _ process: Int32) {
    races += 1
    let pair = Pair(first: new.name, second: other.name, firstStack: new.stack, secondStack: other.stack)
    told[pair, default: 0] += 1
    // The same two places again are counted, not told.
    guard told[pair] == 1 else { return }
    begin(time, process, new.thread)
    text.append("RACE: ")
    text.append(verbatim: new.text)
    text.append(" while thread ")
    text.append(signed: Int64(other.thread))
    text.append(" was in ")
    text.append(verbatim: other.text)
    text.append("\n")
    if new.stack > 0 { stacks?.append(new.stack, to: &text) }
    if other.stack > 0 { stacks?.append(other.stack, to: &text) }
    flushIfLarge()
  }

  private func flushIfLarge() { if text.bytes.count > 16_384 { pause() } }

  package func pause() {
    guard !text.bytes.isEmpty else { return }
    output.write(text.bytes)
    text.bytes.removeAll(keepingCapacity: true)
  }

  package func finish() {
    text.append(
      verbatim:
        "environment: \(changes) change\(changes == 1 ? "" : "s"), \(readings) reading\(readings == 1 ? "" : "s"), ")
    text.append(
      verbatim: races == 0
        ? "no race seen\n"
        : "\(races) race\(races == 1 ? "" : "s") at \(told.count) pair\(told.count == 1 ? "" : "s") of places\n")
    pause()
  }
}
