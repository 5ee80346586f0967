package import Pages
internal import SystemCalls

/// Keeps of a timeline what a page can show: all threads up to a number, and the longest calls.
package final class TimelineCollector: TimelineWriter {
  private let start: UInt64
  private var model: TimelineModel
  /// What is done with the finished timeline.
  private let use: (TimelineModel) -> Void
  private var leastKept: UInt64 = 0
  /// How many threads have got a lane, and those of them that have not ended.
  private var lanes = 0
  private var shown: Set<Int32> = []

  private static let mostLanes = 600
  private static let mostCalls = 12_000
  private static let mostArrows = 4_000

  package init(title: String, start: UInt64, use: @escaping (TimelineModel) -> Void) {
    self.start = start
    self.use = use
    model = TimelineModel(title: title)
  }

  private func since(_ time: UInt64) -> UInt64 { time >= start ? time - start : 0 }

  package func begin(thread: Int32, process: Int32, time: UInt64) {
    // The first to be born are shown, not the first to end: what begins all ends last.
    guard lanes < Self.mostLanes else {
      model.lanesLeftOut += 1
      return
    }
    lanes += 1
    shown.insert(thread)
  }

  package func end(_ lane: TimelineLane) {
    guard shown.remove(lane.thread) != nil else { return }
    model.lanes.append(
      .init(thread: lane.thread, process: lane.process, begin: since(lane.begin), end: since(lane.end), how: lane.how))
  }

  package func call(_ call: FinishedCall, text: () -> String) {
    guard call.duration >= leastKept else {
      model.callsLeftOut += 1
      return
    }
    model.calls.append(
      .init(
        thread: call.thread, begin: since(call.begin), end: since(call.end), name: call.name,
        kind: Self.kind(call.name, call.signature?.section), isError: call.isError, text: text()))
    // The shorter half goes when there are too many.
    guard model.calls.count >= Self.mostCalls * 2 else { return }
    model.calls.sort { $0.end - $0.begin > $1.end - $1.begin }
    model.callsLeftOut += model.calls.count - Self.mostCalls
    model.calls.removeLast(model.calls.count - Self.mostCalls)
    leastKept = model.calls.last.map { $0.end - $0.begin } ?? 0
  }

  package func mark(_ name: String, thread: Int32, process: Int32, time: UInt64) {
    guard model.marks.count < Self.mostArrows else {
      model.marksLeftOut += 1
      return
    }
    model.marks.append(.init(thread: thread, time: since(time), name: name))
  }

  package func arrow(_ arrow: TimelineArrow) {
    guard model.arrows.count < Self.mostArrows else {
      model.arrowsLeftOut += 1
      return
    }
    model.arrows.append(
      .init(from: arrow.from, to: arrow.to, time: since(arrow.toTime), isJoin: arrow.kind == .join))
  }

  /// Calls of other sections that mostly wait.
  private static let waits: Set<String> = [
    "futex", "wait4", "waitid", "pause", "rt_sigsuspend", "rt_sigtimedwait", "semop", "semtimedop", "restart_syscall",
  ]

  private static func kind(_ name: String, _ section: CallSection?) -> TimelineModel.CallKind {
    if waits.contains(name) { return .waiting }
    return switch section {
    case .file: .file
    case .network: .network
    case .memory: .memory
    case .waiting, .time: .waiting
    case .process, .thread, .signal, .other, nil: .other
    }
  }

  package func finish(names: [Int32: String]) {
    if model.calls.count > Self.mostCalls {
      model.calls.sort { $0.end - $0.begin > $1.end - $1.begin }
      model.callsLeftOut += model.calls.count - Self.mostCalls
      model.calls.removeLast(model.calls.count - Self.mostCalls)
    }
    model.names = names
    use(model)
  }
}
