internal import Reporting

/// Regions on top of each other, the highest address first, with what points into them.
struct RegionTower {
  let markup: Markup

  private static let width = 540.0
  private static let left = 140.0
  private static let right = 404.0
  private static let gap = 26.0

  /// A band of the picture: a region or what lies between two.
  private struct Band {
    let start: UInt64
    let end: UInt64
    let top: Double
    let height: Double
    let region: AddressSpaceDrawing.Region?
  }

  init(_ regions: [AddressSpaceDrawing.Region], _ marks: [AddressSpaceDrawing.Mark]) {
    let bands = Self.bands(regions, marks)
    let bottom = (bands.last.map { $0.top + $0.height } ?? 0) + 12
    let labels = Self.labels(marks, bands, bottom)
    let height = max(bottom, (labels.map(\.y).max() ?? 0) + 20)
    var svg = SVG(width: Self.width, height: height, label: "The address space around the fault, not to scale")
    for band in bands { Self.draw(band, &svg) }
    if let last = bands.last {
      svg.text(HexAddress(last.start).text, Self.left - 8, last.top + last.height, "end tick")
    }
    for label in labels {
      svg.line(Self.right, label.at, Self.right + 26, label.y, "mark \(label.mark.kind)")
      // Not across the band: it would strike out the name.
      svg.line(Self.right - 6, label.at, Self.right, label.at, "mark \(label.mark.kind)")
      svg.line(Self.left, label.at, Self.left + 6, label.at, "mark \(label.mark.kind)")
      svg.text(label.mark.name, Self.right + 30, label.y + 1, "name \(label.mark.kind)")
      svg.text(HexAddress(label.mark.address).text, Self.right + 30, label.y + 14, "tick")
    }
    markup = svg.finished
  }

  /// Regions and gaps from the top down. What lies between is one gap, unless a mark points into it: it may be the
  /// whole story.
  private static func bands(_ regions: [AddressSpaceDrawing.Region], _ marks: [AddressSpaceDrawing.Mark]) -> [Band] {
    var bands: [Band] = []
    var top = 10.0
    func add(_ start: UInt64, _ end: UInt64, _ height: Double, _ region: AddressSpaceDrawing.Region?) {
      bands.append(Band(start: start, end: end, top: top, height: height, region: region))
      top += height
    }
    let lowest = regions.first?.start ?? 0
    let highest = regions.last?.end ?? 0
    if let above = marks.map(\.address).filter({ $0 >= highest }).max() { add(highest, above, gap * 1.5, nil) }
    for (index, region) in regions.enumerated().reversed() {
      add(region.start, region.end, height(region.size), region)
      guard index > 0, regions[index - 1].end < region.start else { continue }
      let (start, end) = (regions[index - 1].end, region.start)
      let isPointedTo = marks.contains { $0.address >= start && $0.address < end }
      add(start, end, isPointedTo ? gap * 1.5 : gap, nil)
    }
    if lowest > 0, let below = marks.map(\.address).filter({ $0 < lowest }).min() {
      add(below & ~0xfff, lowest, gap * 1.5, nil)
    }
    return bands
  }

  /// One page is 24 high, and each doubling adds 3.
  private static func height(_ size: UInt64) -> Double {
    let doublings = max(0, 51 - size.leadingZeroBitCount)
    return 24 + 3 * Double(doublings)
  }

  private static func draw(_ band: Band, _ svg: inout SVG) {
    let middle = band.top + band.height / 2 + 4
    let size = Quantities.bytes(band.end &- band.start)
    guard let region = band.region else {
      svg.rect(left, band.top, right - left, band.height, "gap")
      svg.text("not mapped · \(size)", (left + right) / 2, middle, "middle faint")
      return
    }
    svg.rect(
      left, band.top, right - left, band.height, "region \(region.kind)",
      title: "\(region.name), \(size), \(HexAddress(region.start).text) to \(HexAddress(region.end).text)")
    let extent = "\(region.permissions) \(size)"
    // Letters of 12 pixels are 7.3 wide.
    let room = Int((right - left - 28 - 7.3 * Double(extent.count)) / 7.3)
    svg.text(SVG.cut(region.name, room), left + 8, middle, "name")
    svg.text(extent, right - 8, middle, "end size")
    svg.text(HexAddress(region.end).text, left - 8, band.top + 4, "end tick")
  }

  /// Where each mark points, and where its label stands so that none covers another.
  private static func labels(
    _ marks: [AddressSpaceDrawing.Mark], _ bands: [Band], _ bottom: Double
  ) -> [(mark: AddressSpaceDrawing.Mark, at: Double, y: Double)] {
    var labels: [(mark: AddressSpaceDrawing.Mark, at: Double, y: Double)] = marks.compactMap { mark in
      // Addresses at the end of the highest band count as in it.
      let band =
        bands.first { mark.address >= $0.start && mark.address < $0.end } ?? bands.first { mark.address == $0.end }
      guard let band else { return nil }
      let part = Double(mark.address &- band.start) / Double(max(1, band.end &- band.start))
      return (mark, band.top + band.height * (1 - min(1, part)), 0)
    }.sorted { $0.at < $1.at }
    var free = 12.0
    for index in labels.indices {
      labels[index].y = max(free, labels[index].at)
      free = labels[index].y + 32
    }
    return labels
  }
}
