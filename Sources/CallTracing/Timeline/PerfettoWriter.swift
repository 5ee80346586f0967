internal import SystemCalls

/// Writes a timeline in the Trace Event Format, which Perfetto and Chromium's tracing page open
/// ("Trace Event Format", Google, 2016: complete, instant, flow and metadata events).
package final class PerfettoWriter: TimelineWriter {
  private let output: any TraceOutput
  private let start: UInt64
  private var text = CallText()
  private var arrows: UInt64 = 0
  private var calls = 0
  private var isFirst = true
  /// More calls than this make a file that no browser opens; what is left out is said.
  private static let mostCalls = 2_000_000
  private var leftOut = 0

  package init(start: UInt64, output: any TraceOutput) {
    self.start = start
    self.output = output
    text.append("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n")
  }

  private func event(_ phase: StaticString, _ thread: Int32, _ process: Int32, _ time: UInt64) {
    if !isFirst { text.append(",\n") }
    isFirst = false
    text.append("{\"ph\":\"")
    text.append(phase)
    text.append("\",\"pid\":")
    text.append(signed: Int64(process))
    text.append(",\"tid\":")
    text.append(signed: Int64(thread))
    text.append(",\"ts\":")
    microseconds(time >= start ? time - start : 0)
  }

  private func microseconds(_ nanoseconds: UInt64) {
    text.append(decimal: nanoseconds / 1000)
    text.append(".")
    text.append(decimal: nanoseconds % 1000, digits: 3)
  }

  private func name(_ name: String) {
    text.append(",\"name\":")
    JSONText.append(Array(name.utf8)[...], to: &text)
  }

  private func close() {
    text.append("}")
    if text.bytes.count >= 65_536 { flush() }
  }

  private func flush() {
    output.write(text.bytes)
    text.bytes.removeAll(keepingCapacity: true)
  }

  package func begin(thread: Int32, process: Int32, time: UInt64) {}

  package func end(_ lane: TimelineLane) {
    event("X", lane.thread, lane.process, lane.begin)
    name(lane.thread == lane.process ? "process \(lane.process)" : "thread \(lane.thread)")
    text.append(",\"cat\":\"life\",\"dur\":")
    microseconds(lane.end >= lane.begin ? lane.end - lane.begin : 0)
    if let how = lane.how {
      text.append(",\"args\":{\"end\":")
      JSONText.append(Array(how.utf8)[...], to: &text)
      text.append("}")
    }
    close()
  }

  package func call(_ call: FinishedCall, text describe: () -> String) {
    calls += 1
    guard calls <= Self.mostCalls else {
      leftOut += 1
      return
    }
    event("X", call.thread, call.process, call.begin)
    name(call.name)
    text.append(",\"cat\":\"call\",\"dur\":")
    microseconds(call.duration)
    text.append(",\"args\":{\"call\":")
    JSONText.append(Array(describe().utf8)[...], to: &text)
    text.append("}")
    close()
  }

  package func mark(_ mark: String, thread: Int32, process: Int32, time: UInt64) {
    event("i", thread, process, time)
    name(mark)
    text.append(",\"s\":\"t\"")
    close()
  }

  package func arrow(_ arrow: TimelineArrow) {
    arrows += 1
    let label = arrow.kind == .creation ? "creation" : "join"
    for (phase, thread, process, time) in [
      ("s" as StaticString, arrow.from, arrow.fromProcess, arrow.fromTime),
      ("f", arrow.to, arrow.toProcess, arrow.toTime),
    ] {
      event(phase, thread, process, time)
      name(label)
      text.append(",\"cat\":\"life\",\"bp\":\"e\",\"id\":")
      text.append(decimal: arrows)
      close()
    }
  }

  package func finish(names: [Int32: String]) {
    for (process, title) in names.sorted(by: { $0.key < $1.key }) {
      event("M", process, process, start)
      text.append(",\"name\":\"process_name\",\"args\":{\"name\":")
      JSONText.append(Array(title.utf8)[...], to: &text)
      text.append("}")
      close()
    }
    text.append("\n]")
    if leftOut > 0 {
      text.append(",\"leftOut\":")
      text.append(decimal: UInt64(leftOut))
    }
    text.append("}\n")
    flush()
  }
}
