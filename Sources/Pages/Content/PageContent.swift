internal import Reporting

/// What the page is filled with: a value for each of its sections, made from the report.
struct PageContent {
  private let report: Report

  init(_ report: Report) { self.report = report }

  var value: TemplateValue {
    let style = Markup(trusted: Assets.style)
    let script = Markup(trusted: Assets.script)
    let verdict = report.findings.first
    var fields: [String: TemplateValue] = [
      "policy": .text(ContentPolicy.text(style: Assets.style, script: Assets.script)),
      "style": .markup(style),
      "script": .markup(script),
      "process": .text(report.process.title),
      "title": .text(verdict.map { "\($0.title), \($0.certainty)" } ?? "no verdict"),
    ]
    fields.merge(VerdictContent(report).fields) { $1 }
    fields.merge(DeathContent(report).fields) { $1 }
    var frames = FrameBudget()
    fields["stack"] = StackContent(report).crashed(&frames)
    fields["waits"] = WaitsContent(report).value
    fields["threads"] = ThreadsContent(report).value(&frames)
    fields["clues"] = CluesContent(report).value
    fields["modules"] = ModulesContent(report).value
    fields["mappings"] = MappingsContent(report).value
    fields["made"] = MadeContent(report).value
    return .object(fields)
  }
}

extension Markup {
  /// Our own files, which hold nothing of a target.
  fileprivate init(trusted bytes: [UInt8]) { self.init(verbatim: String(decoding: bytes, as: UTF8.self)) }
}

/// How many frames the page shows in all: thousands of threads whose stacks all differ still make a page that a
/// browser opens at once.
struct FrameBudget {
  /// Frames that are written out, each about 400 bytes.
  private(set) var rest = 2500

  /// Takes as many of `wanted` as there are left.
  mutating func take(_ wanted: Int) -> Int {
    let taken = min(wanted, rest)
    rest -= taken
    return taken
  }
}
