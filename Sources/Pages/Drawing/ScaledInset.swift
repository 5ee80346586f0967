internal import Reporting

/// The surroundings of the fault, true to scale: every byte as wide as every other.
struct ScaledInset {
  let markup: Markup
  let note: String

  private static let width = 540.0
  private static let margin = 12.0
  private static let barTop = 64.0
  private static let barHeight = 46.0
  /// What lies further from the fault is not drawn beside it.
  private static let farthest: UInt64 = 1 << 30

  /// nil where nothing is to be shown.
  init?(_ regions: [AddressSpaceDrawing.Region], _ marks: [AddressSpaceDrawing.Mark]) {
    guard let center = marks.first(where: { $0.kind == "fault" }) ?? marks.first(where: { $0.kind == "sp" }) else {
      return nil
    }
    // Where the code lies matters here only if it lies here.
    let wanted = marks.filter { $0.kind != "pc" && Self.distance($0.address, center.address) <= Self.farthest }
    let low = wanted.map(\.address).min() ?? center.address
    let high = wanted.map(\.address).max() ?? center.address
    // A fifth of room on either side; around a single place, eight pages.
    let span = high - low
    let room = max(span / 5, 32_768 - min(span / 2, 32_768 - 4096))
    let start = low > room ? low - room : 0
    let end = high < .max - room ? high + room : .max
    let near = marks.filter { $0.address >= start && $0.address <= end }
    let shown = regions.filter { $0.start < end && $0.end > start }
    guard !shown.isEmpty || center.kind == "fault" else { return nil }

    let scale = (Self.width - 2 * Self.margin) / Double(end - start)
    func x(_ address: UInt64) -> Double {
      Self.margin + Double(min(max(address, start), end) - start) * scale
    }
    var svg = SVG(width: Self.width, height: 176, label: "The surroundings of the fault, true to scale")
    svg.rect(Self.margin, Self.barTop, Self.width - 2 * Self.margin, Self.barHeight, "gap")
    if shown.isEmpty { svg.text("not mapped", Self.margin + 8, Self.barTop + 28, "faint") }
    for region in shown {
      let (from, to) = (x(region.start), x(region.end))
      let size = Quantities.bytes(region.size)
      svg.rect(
        from, Self.barTop, max(0.75, to - from), Self.barHeight, "region \(region.kind)",
        title: "\(region.name), \(size), \(HexAddress(region.start).text) to \(HexAddress(region.end).text)")
      let letters = Int((to - from - 10) / 7)
      if letters >= 4 { svg.text(SVG.cut(region.name, letters), from + 5, Self.barTop + 28, "name") }
    }
    Self.draw(near, x, &svg)
    Self.drawAxis(start, end, x, &svg)
    markup = svg.finished
    note = Self.note(center, marks, end - start)
  }

  private static func distance(_ a: UInt64, _ b: UInt64) -> UInt64 { a > b ? a - b : b - a }

  private static func draw(_ marks: [AddressSpaceDrawing.Mark], _ x: (UInt64) -> Double, _ svg: inout SVG) {
    var row = 0
    for mark in marks.sorted(by: { $0.address < $1.address }) {
      let at = x(mark.address)
      let y = 16 + Double(row) * 16
      svg.line(at, y + 3, at, barTop + barHeight + 6, "mark \(mark.kind)")
      let isRight = at > width * 0.6
      svg.text(
        "\(mark.name) \(HexAddress(mark.address).text)", isRight ? at - 5 : at + 5, y + 4,
        "\(isRight ? "end " : "")name \(mark.kind)")
      row += 1
    }
  }

  private static func drawAxis(_ start: UInt64, _ end: UInt64, _ x: (UInt64) -> Double, _ svg: inout SVG) {
    let y = barTop + barHeight + 14
    svg.line(margin, y, width - margin, y, "axis")
    for address in [start, end] {
      svg.line(x(address), y - 4, x(address), y + 4, "axis")
      svg.text(HexAddress(address).text, x(address), y + 20, address == start ? "tick" : "end tick")
    }
    // A bar of a round size, so that lengths can be read off.
    let size = UInt64(1) << UInt64(max(0, 61 - (end - start).leadingZeroBitCount))
    let length = x(start + min(size, end - start)) - margin
    let from = width / 2 - length / 2
    svg.line(from, y + 34, from + length, y + 34, "axis")
    svg.line(from, y + 30, from, y + 38, "axis")
    svg.line(from + length, y + 30, from + length, y + 38, "axis")
    svg.text(Quantities.bytes(size), width / 2, y + 48, "middle tick")
  }

  private static func note(
    _ center: AddressSpaceDrawing.Mark, _ marks: [AddressSpaceDrawing.Mark], _ span: UInt64
  ) -> String {
    var parts = ["True to scale: \(Quantities.bytes(span)) from left to right."]
    if center.kind == "fault", let pointer = marks.first(where: { $0.kind == "sp" }) {
      let distance = distance(pointer.address, center.address)
      let side = center.address < pointer.address ? "below" : "above"
      parts.append(
        distance == 0
          ? "The fault is at the stack pointer."
          : "The fault is \(Quantities.bytes(distance)) \(side) the stack pointer"
            + (distance > farthest ? ", which is too far away for this picture." : "."))
    }
    return parts.joined(separator: " ")
  }
}
