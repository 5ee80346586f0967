package import SystemCalls

/// Writes what happens as JSON, an object a line (`docs/trace-schema.md`).
package final class JSONLines: TraceSink {
  private let table: CallTable
  private let limits: CallLimits
  private let names: any FunctionNames
  private let stacks: (any StackFrames)?
  private let output: any TraceOutput
  private let start: UInt64
  private var text = CallText()
  private var shownStacks: Set<Int32> = []

  package init(
    _ table: CallTable, limits: CallLimits, names: any FunctionNames, stacks: (any StackFrames)?, start: UInt64,
    output: any TraceOutput
  ) {
    self.table = table
    self.limits = limits
    self.names = names
    self.stacks = stacks
    self.start = start
    self.output = output
  }

  package func pause() { flush() }
  package func finish() { flush() }

  private func flush() {
    guard !text.bytes.isEmpty else { return }
    output.write(text.bytes)
    text.bytes.removeAll(keepingCapacity: true)
  }

  package func take(_ item: TraceItem, time: UInt64, thread: Int32, process: Int32) {
    switch item {
    case .call(let call): write(call)
    case .unfinished(let call, isWaiting: false): write(call)
    case .unfinished: return
    case .foreign(let number):
      begin("foreign-call", time, thread, process)
      field("number", Int64(number))
    case .function(let call): write(call, time, thread, process)
    case .born(let creator):
      begin(thread == process ? "process-begin" : "thread-begin", time, thread, process)
      if let creator { field("creator", Int64(creator)) }
    case .attached: begin("attached", time, thread, process)
    case .creation(let child):
      begin("creation", time, thread, process)
      field("child", Int64(child))
    case .executed(let former, let program):
      begin("exec", time, thread, process)
      field("program", Array(program.utf8)[...])
      field("former", Int64(former))
    case .signal(let number, let information):
      begin("signal", time, thread, process)
      signal("signal", number)
      var described = CallText()
      SignalDescription.append(information, table.constants, to: &described)
      field("information", described.bytes[...])
    case .groupStop(let number):
      begin("stop", time, thread, process)
      signal("signal", number)
    case .ended(let end):
      begin("thread-end", time, thread, process)
      write(end)
    case .processEnded(let end):
      begin("process-end", time, thread, process)
      write(end)
    case .descriptor: return
    }
    text.append("}\n")
    if text.bytes.count >= 32_768 { flush() }
  }

  private func begin(_ type: StaticString, _ time: UInt64, _ thread: Int32, _ process: Int32) {
    text.append("{\"type\":\"")
    text.append(type)
    text.append("\",\"time\":")
    seconds(time >= start ? time - start : 0)
    field("process", Int64(process))
    field("thread", Int64(thread))
  }

  private func seconds(_ nanoseconds: UInt64) {
    text.append(decimal: nanoseconds / 1_000_000_000)
    text.append(".")
    text.append(decimal: nanoseconds % 1_000_000_000, digits: 9)
  }

  private func key(_ name: StaticString) {
    text.append(",\"")
    text.append(name)
    text.append("\":")
  }

  private func field(_ name: StaticString, _ value: Int64) {
    key(name)
    text.append(signed: value)
  }

  private func field(_ name: StaticString, _ value: ArraySlice<UInt8>) {
    key(name)
    JSONText.append(value, to: &text)
  }

  private func signal(_ name: StaticString, _ number: Int32) {
    var described = CallText()
    SignalDescription.appendSignal(number, table.constants, to: &described)
    field(name, described.bytes[...])
  }

  private func write(_ call: FinishedCall) {
    begin("call", call.begin, call.thread, call.process)
    field("name", Array(call.name.utf8)[...])
    key("arguments")
    var decoder = CallDecoder(call.observed, of: table, memory: call.memory, limits: limits)
    for index in 0..<decoder.argumentCount {
      text.append(index == 0 ? "{" : ",")
      if let argument = call.signature?.arguments[index] {
        JSONText.append(argument.name[...], to: &text)
      } else {
        JSONText.append([0x30 + UInt8(truncatingIfNeeded: index)], to: &text)
      }
      text.append(":")
      decoder.text.bytes.removeAll(keepingCapacity: true)
      decoder.appendArgument(index)
      JSONText.append(decoder.text.bytes[...], to: &text)
    }
    text.append(decoder.argumentCount == 0 ? "{}" : "}")
    switch call.observed.outcome {
    case .value(let value): field("result", value)
    case .failed(let errno):
      field("result", -1)
      field("error", ErrorNames.name(errno)?[...] ?? Array("\(errno)".utf8)[...])
    case .unfinished: text.append(",\"result\":null")
    }
    key("duration")
    seconds(call.duration)
    stack(call.stack)
  }

  private func write(_ call: FunctionCall, _ time: UInt64, _ thread: Int32, _ process: Int32) {
    begin(call.value == nil ? "function" : "function-return", time, thread, process)
    field("name", Array(names.name(call.index).utf8)[...])
    var described = CallText()
    FunctionText.append(call, names, limits, to: &described)
    field("text", described.bytes.dropFirst("library ".utf8.count))
    if let begin = call.begin, time >= begin {
      key("duration")
      seconds(time - begin)
    }
    stack(call.stack)
  }

  /// The number of the stack, and, where it is new, its frames.
  private func stack(_ number: Int32) {
    guard number > 0, let stacks else { return }
    field("stack", Int64(number))
    guard shownStacks.insert(number).inserted else { return }
    key("frames")
    text.append("[")
    for (index, frame) in stacks.frames(number).enumerated() {
      if index > 0 { text.append(",") }
      JSONText.append(Array(frame.utf8)[...], to: &text)
    }
    text.append("]")
  }

  private func write(_ end: EndOfThread) {
    switch end {
    case .exited(let status): field("status", Int64(status))
    case .killed(let number, let dumpedCore):
      signal("signal", number)
      key("coreDumped")
      text.append(dumpedCore ? "true" : "false")
    case .replaced: text.append(",\"replaced\":true")
    case .untold: break
    case .left: text.append(",\"left\":true")
    }
  }
}

extension JSONLines: EnvironmentListener {
  /// The call is an object of its own already.
  package func changed(_ use: EnvironmentUse) {}

  package func raced(_ use: EnvironmentUse, while other: EnvironmentUse) {
    begin("environment-race", use.time, use.thread, use.process)
    field("call", Array(use.text.utf8)[...])
    stack(use.place.stack)
    key("other")
    text.append("{\"thread\":")
    text.append(signed: Int64(other.thread))
    field("call", Array(other.text.utf8)[...])
    stack(other.place.stack)
    text.append("}}\n")
  }

  package func finish(_ counts: EnvironmentCounts) {
    text.append("{\"type\":\"environment\"")
    field("changes", Int64(counts.changes))
    field("readings", Int64(counts.readings))
    field("races", Int64(counts.races))
    field("places", Int64(counts.racingPlaces))
    text.append("}\n")
    flush()
  }
}

/// A stack's frames as text.
package protocol StackFrames: AnyObject {
  func frames(_ stack: Int32) -> [String]
}

/// Strings of JSON (RFC 8259).
enum JSONText {
  /// Appends bytes between quotation marks; what is no printable ASCII is escaped, and invalid UTF-8 replaced.
  static func append(_ bytes: ArraySlice<UInt8>, to text: inout CallText) {
    text.append("\"")
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }) {
      text.bytes += bytes
    } else {
      for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
        switch scalar.value {
        case 0x22: text.append("\\\"")
        case 0x5c: text.append("\\\\")
        case 0x20..<0x7f: text.append(byte: UInt8(truncatingIfNeeded: scalar.value))
        default: for unit in scalar.utf16 { escape(unit, to: &text) }
        }
      }
    }
    text.append("\"")
  }

  private static func escape(_ unit: UInt16, to text: inout CallText) {
    text.append("\\u")
    for shift in [12, 8, 4, 0] as [UInt16] {
      let nibble = UInt8(truncatingIfNeeded: unit >> shift) & 0xf
      text.append(byte: nibble < 10 ? 0x30 + nibble : 0x57 + nibble)
    }
  }
}
