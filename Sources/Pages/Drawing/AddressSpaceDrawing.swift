internal import Reporting

/// The address space around the fault, in two pictures: a tower of regions, whose heights are logarithmic since
/// regions differ by a factor of a million, and an inset around the fault that is true to scale.
struct AddressSpaceDrawing {
  /// The tower, and what must be said of its scale.
  let tower: Markup?
  let towerNote: String?
  /// The inset; nil where neither fault nor stack pointer is known.
  let inset: Markup?
  let insetNote: String?

  init(_ report: Report) {
    let marks = Self.marks(report)
    let regions = Self.regions(report, marks)
    guard !regions.isEmpty || marks.contains(where: { $0.kind == "fault" }) else {
      (tower, towerNote, inset, insetNote) = (nil, nil, nil, nil)
      return
    }
    tower = RegionTower(regions, marks).markup
    towerNote =
      "High addresses at the top. Heights are logarithmic: a region twice as large is taller by the same amount. "
      + "Gaps are cut short."
    let scale = ScaledInset(regions, marks)
    inset = scale?.markup
    insetNote = scale?.note
  }

  /// A place that is pointed to.
  struct Mark {
    /// "fault", "sp" or "pc": the class by which it is coloured.
    let kind: String
    let name: String
    let address: UInt64
  }

  /// A mapping, with its name and the class that colours it.
  struct Region {
    let start: UInt64
    let end: UInt64
    let name: String
    let permissions: String
    let kind: String

    var size: UInt64 { end &- start }
    func holds(_ address: UInt64) -> Bool { address >= start && address < end }
  }

  private static func marks(_ report: Report) -> [Mark] {
    var marks: [Mark] = []
    if let fault = report.fault?.address?.value {
      marks.append(Mark(kind: "fault", name: "fault", address: fault))
    } else if let fault = report.earlierFaults.last?.fault?.address?.value {
      marks.append(Mark(kind: "fault", name: "earlier fault", address: fault))
    }
    for (kind, names) in [("sp", ["rsp", "sp"]), ("pc", ["rip", "pc"])] {
      guard let register = report.registers.first(where: { names.contains($0.name) }) else { continue }
      marks.append(Mark(kind: kind, name: register.name, address: register.value.value))
    }
    return marks
  }

  /// At most so many regions are drawn: those nearest to what is pointed to.
  private static let most = 18

  private static func regions(_ report: Report, _ marks: [Mark]) -> [Region] {
    let all = report.mappings.filter { $0.end.value > $0.start.value }
      .sorted { ($0.start.value, $0.end.value) < ($1.start.value, $1.end.value) }
    func distance(_ mapping: ReportedMapping) -> UInt64 {
      marks.map { mark in
        let (start, end) = (mapping.start.value, mapping.end.value)
        return mark.address < start ? start - mark.address : mark.address >= end ? mark.address - end &+ 1 : 0
      }.min() ?? 0
    }
    var kept = Array(all.indices)
    if kept.count > most {
      let distances = all.map(distance)
      kept = Array(kept.sorted { (distances[$0], $0) < (distances[$1], $1) }.prefix(most)).sorted()
    }
    var regions: [Region] = []
    for mapping in kept.map({ all[$0] }) {
      // Overlapping segments are what hostile cores have: each is drawn from where the one before ends.
      let start = max(mapping.start.value, regions.last?.end ?? 0)
      guard start < mapping.end.value else { continue }
      regions.append(
        Region(
          start: start, end: mapping.end.value, name: name(of: mapping), permissions: mapping.permissions ?? "",
          kind: kind(of: mapping)))
    }
    return regions
  }

  /// What a mapping is, in a few words.
  static func name(of mapping: ReportedMapping) -> String {
    let thread = mapping.thread.map { " of thread \($0)" } ?? ""
    let file = mapping.path.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    return switch mapping.use {
    case "stack": "stack\(thread)"
    case "signal-stack": "signal stack\(thread)"
    case "guard": "guard"
    case "file": file ?? "file"
    case "arena": "thread arena"
    default: file ?? mapping.use
    }
  }

  private static func kind(of mapping: ReportedMapping) -> String {
    switch mapping.use {
    case "stack", "signal-stack": "stack"
    case "guard", "reserved": "guard"
    case "heap", "arena": "heap"
    case "file": mapping.permissions?.contains("x") == true ? "code" : "file"
    default: "anonymous"
    }
  }
}
