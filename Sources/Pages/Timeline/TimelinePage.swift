package import Reporting

/// Writes a timeline as one HTML page, complete in itself. It can be read without its script, which only zooms and
/// changes the colours.
package enum TimelinePage {
  package static func write(_ model: TimelineModel, to output: ByteOutput) throws {
    let template = try Template(PackageResources.timeline_mustache)
    let rendering = Rendering(["timeline": template], output)
    let style = PackageResources.timeline_css
    let script = PackageResources.timeline_js
    var missing: [String] = []
    if model.lanesLeftOut > 0 { missing.append("\(Quantities.grouped(model.lanesLeftOut)) threads") }
    if model.callsLeftOut > 0 { missing.append("the \(Quantities.grouped(model.callsLeftOut)) shortest calls") }
    if model.arrowsLeftOut > 0 { missing.append("\(Quantities.grouped(model.arrowsLeftOut)) arrows") }
    if model.marksLeftOut > 0 { missing.append("\(Quantities.grouped(model.marksLeftOut)) signals and execs") }
    let kinds = TimelineModel.CallKind.allCases.filter { kind in model.calls.contains { $0.kind == kind } }
    rendering.write(
      "timeline",
      [
        "policy": .text(ContentPolicy.text(style: style, script: script)),
        "style": .markup(Markup(verbatim: String(decoding: style, as: UTF8.self))),
        "script": .markup(Markup(verbatim: String(decoding: script, as: UTF8.self))),
        "title": .text(model.title),
        "threads": .number(model.lanes.count + model.lanesLeftOut),
        "calls": .number(model.calls.count + model.callsLeftOut),
        "missing": .text(missing.isEmpty ? nil : missing.joined(separator: ", ")),
        "kinds": .list(kinds.map { ["tone": .number($0.rawValue), "words": .text($0.words)] }),
        "drawing": .markup(TimelineDrawing(model).markup),
      ])
    output.flush()
  }
}
