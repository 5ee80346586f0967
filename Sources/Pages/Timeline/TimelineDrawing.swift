internal import Reporting

/// Draws threads as lanes, their calls as bars in them, and arrows from makers to made and from ends to those who waited.
struct TimelineDrawing {
  private let model: TimelineModel
  private let lanes: [TimelineModel.Lane]
  private let places: [Int32: [Int]]
  private let end: UInt64
  private var span: Double { Double(end) }

  private static let labels = 190.0
  private static let width = 1400.0
  private static let height = 22.0
  private static let top = 26.0

  init(_ model: TimelineModel) {
    self.model = model
    // Processes in the order in which they began, their threads below them.
    var begins: [Int32: UInt64] = [:]
    for lane in model.lanes { begins[lane.process] = min(begins[lane.process] ?? .max, lane.begin) }
    lanes = model.lanes.sorted {
      (begins[$0.process] ?? 0, $0.process, $0.thread == $0.process ? 0 : 1, $0.begin, $0.thread)
        < (begins[$1.process] ?? 0, $1.process, $1.thread == $1.process ? 0 : 1, $1.begin, $1.thread)
    }
    var places: [Int32: [Int]] = [:]
    for (index, lane) in lanes.enumerated() { places[lane.thread, default: []].append(index) }
    self.places = places
    end = max(1, lanes.map(\.end).max() ?? 1)
  }

  private func x(_ time: UInt64) -> Double { Self.labels + Double(time) / span * Self.width }
  private func y(_ lane: Int) -> Double { Self.top + Double(lane) * Self.height }

  /// The lane of a thread at a time: an id may have been used twice.
  private func lane(_ thread: Int32, _ time: UInt64) -> Int? {
    let candidates = places[thread] ?? []
    return candidates.first { lanes[$0].begin <= time && time <= lanes[$0].end } ?? candidates.first
  }

  var markup: Markup {
    var svg = SVG(
      width: Self.labels + Self.width + 10, height: y(lanes.count) + 14,
      label: "\(lanes.count) threads over \(Self.duration(end))")
    scale(&svg)
    for (index, lane) in lanes.enumerated() { draw(lane, index, &svg) }
    for call in model.calls {
      guard let index = lane(call.thread, call.begin) else { continue }
      let kind = "call \(call.isError ? "failed" : "tone\(call.kind.rawValue)")"
      svg.rect(
        x(call.begin), y(index) + 5, max(0.7, x(call.end) - x(call.begin)), 12, kind,
        title: "\(call.text)\n\(Self.duration(call.end - call.begin)) at \(Self.duration(call.begin))")
    }
    for mark in model.marks {
      guard let index = lane(mark.thread, mark.time) else { continue }
      svg.rect(
        x(mark.time) - 1, y(index) + 1, 2, 20, "mark", title: "\(mark.name) at \(Self.duration(mark.time))")
    }
    for arrow in model.arrows {
      guard let from = lane(arrow.from, arrow.time), let to = lane(arrow.to, arrow.time), from != to else { continue }
      let at = x(arrow.time)
      let ends = (y(from) + 11, y(to) + (from < to ? 3 : 19))
      svg.arrow(
        [(at, ends.0), (at + 6, ends.0), (at + 6, ends.1), (at, ends.1)], arrow.isJoin ? "join" : "creation",
        marker: arrow.isJoin ? "head-join" : "head-creation")
    }
    return svg.finished
  }

  private func draw(_ lane: TimelineModel.Lane, _ index: Int, _ svg: inout SVG) {
    let isProcess = lane.thread == lane.process
    let name = isProcess ? "\(lane.process) \(model.names[lane.process] ?? "")" : "  \(lane.thread)"
    var label = isProcess ? "process \(lane.process)" : "thread \(lane.thread) of \(lane.process)"
    label += ", \(Self.duration(lane.end - lane.begin))"
    if let how = lane.how { label += ", \(how)" }
    svg.beginGroup("lane", label: label)
    svg.text(SVG.cut(name, 24), isProcess ? 4 : 16, y(index) + 15, isProcess ? "owner" : "member")
    svg.rect(x(lane.begin), y(index) + 2, max(1, x(lane.end) - x(lane.begin)), 18, "life", radius: 2)
    svg.endGroup()
  }

  private func scale(_ svg: inout SVG) {
    for time in Self.ticks(over: end) {
      svg.line(x(time), Self.top - 6, x(time), y(lanes.count), "grid")
      svg.text(time == 0 ? "0" : Self.duration(time), x(time) + 2, 14, "tick")
    }
  }

  /// Round times from 0 to the end of a span, at most eleven: their distance is 1, 2 or 5 times a power of ten.
  static func ticks(over span: UInt64) -> [UInt64] {
    var power: UInt64 = 1
    var step: UInt64?
    while step == nil {
      step = [1, 2, 5].map { power * $0 }.first { span / $0 <= 10 }
      power *= 10
    }
    guard let step else { return [0] }
    return (0...span / step).map { $0 * step }
  }

  static func duration(_ nanoseconds: UInt64) -> String {
    switch nanoseconds {
    case ..<1000: "\(nanoseconds) ns"
    case ..<1_000_000: "\(Markup.number(Double(nanoseconds) / 1e3)) µs"
    case ..<1_000_000_000: "\(Markup.number(Double(nanoseconds) / 1e6)) ms"
    default: "\(Markup.number(Double(nanoseconds) / 1e9)) s"
    }
  }
}
