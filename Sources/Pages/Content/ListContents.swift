internal import Reporting

/// What the program was working on.
struct CluesContent {
  private let report: Report

  init(_ report: Report) { self.report = report }

  var value: TemplateValue {
    guard !report.clues.isEmpty else { return .absent }
    return [
      "rows": .list(
        report.clues.prefix(100).map { clue in
          [
            "kind": .text(clue.kind), "text": .text(clue.text), "certainty": .text(clue.certainty),
            "grade": .text(VerdictContent.grade(clue.certainty)), "place": .text(clue.place),
            "address": .text(clue.address?.text), "reasons": .text(clue.reasons.joined(separator: "; ")),
          ]
        })
    ]
  }
}

/// The modules, and what was found of their files.
struct ModulesContent {
  private let report: Report
  private static let most = 2000

  init(_ report: Report) { self.report = report }

  var value: TemplateValue {
    let modules = report.modules
    guard !modules.isEmpty else { return .absent }
    let states = modules.map(state)
    let found = states.count { $0.grade == "found" }
    let mismatched = states.count { $0.grade == "mismatched" }
    return [
      "summary": .text(
        "\(Quantities.grouped(modules.count)): \(Quantities.grouped(found)) found, "
          + "\(Quantities.grouped(mismatched)) mismatched, \(Quantities.grouped(modules.count - found - mismatched)) missing"
      ),
      "isBad": .flag(found < modules.count),
      "rows": .list(zip(modules, states).prefix(Self.most).map { row($0, $1) }),
      "left": .text(
        modules.count > Self.most ? "and \(Quantities.grouped(modules.count - Self.most)) more" : nil),
    ]
  }

  /// Whether the file that ran was found; otherwise whether another lies in its place.
  private func state(_ module: ReportedModule) -> (text: String, grade: String) {
    if let file = module.file {
      if file.origin == "memory" { return ("in memory", "found") }
      return (file.isVerified ? "found, build-id verified" : "found, not verified", "found")
    }
    if module.refused.contains(where: { ["wrong-build-id", "wrong-checksum", "other-layout"].contains($0.kind) }) {
      return ("mismatched: another file lies there", "mismatched")
    }
    return ("missing", "missing")
  }

  private func row(_ module: ReportedModule, _ state: (text: String, grade: String)) -> TemplateValue {
    let path = module.file?.path
    return [
      "path": .text(module.path), "state": .text(state.text), "grade": .text(state.grade),
      "found": .text(path == module.path ? nil : path), "buildID": .text(module.buildID),
      "debug": .text(module.debugFile.map { $0.path ?? $0.origin }),
      "range": .text("\(module.start.text)–\(module.end.text)"),
      "refused": .list(module.refused.prefix(12).map { .text("\($0.path): \($0.reason)") }),
    ]
  }
}

/// The mappings that the report holds.
struct MappingsContent {
  private let report: Report
  private static let most = 4000

  init(_ report: Report) { self.report = report }

  var value: TemplateValue {
    guard !report.mappings.isEmpty else { return .absent }
    let left = report.mappings.count - Self.most
    return [
      "summary": .text(Quantities.count(report.mappings.count, "mapping")),
      "rows": .list(
        report.mappings.prefix(Self.most).map { mapping in
          let size = mapping.end.value &- mapping.start.value
          return [
            "start": .text(mapping.start.text), "end": .text(mapping.end.text), "size": .text(Quantities.bytes(size)),
            "permissions": .text(mapping.permissions ?? "?"), "use": .text(AddressSpaceDrawing.name(of: mapping)),
            "dumped": .text(
              mapping.dumpedSize >= size
                ? "all" : mapping.dumpedSize == 0 ? "nothing" : Quantities.bytes(mapping.dumpedSize)),
          ]
        }), "left": .text(left > 0 ? "and \(Quantities.grouped(left)) more" : nil),
    ]
  }
}

/// What is the same for two deaths of one cause, and how the report was made.
struct MadeContent {
  private let report: Report

  init(_ report: Report) { self.report = report }

  var value: TemplateValue {
    [
      "subject": .text(report.stop == nil ? "Core" : "Process"), "core": .text(report.input.path),
      "choice": .text(report.input.choice),
      "command": .text(report.tool.command.flatMap(DeathContent.command)), "tool": .text(report.tool.name),
      "version": .text(report.tool.version), "schema": .text("\(report.schemaVersion)"),
      "signature": report.signature.map { signature in
        [
          "hash": .text(signature.hash), "version": .text("\(signature.version)"),
          "parts": .list(signature.parts.map { .text($0) }),
        ]
      } ?? .absent,
    ]
  }
}
