internal import Reporting

/// Fills templates, and writes what comes out as it comes.
struct Rendering {
  private let templates: [String: Template]
  private let output: ByteOutput
  /// Partials within partials: our own templates need four.
  private static let deepest = 16

  init(_ templates: [String: Template], _ output: ByteOutput) {
    self.templates = templates
    self.output = output
  }

  /// Writes the template of this name, filled with `value`.
  func write(_ name: String, _ value: TemplateValue) {
    guard let template = templates[name] else { return }
    write(template.parts, [value], depth: 0)
  }

  private func write(_ parts: [Template.Part], _ scopes: [TemplateValue], depth: Int) {
    for part in parts {
      switch part {
      case .literal(let bytes): output.append(bytes: bytes)
      case .value(let name, let isVerbatim): put(find(name, scopes), isVerbatim)
      case .section(let name, let inner, let isInverted):
        let value = find(name, scopes)
        if isInverted {
          if value.isEmpty { write(inner, scopes, depth: depth) }
        } else {
          section(value, inner, scopes, depth)
        }
      case .partial(let name):
        if depth < Self.deepest, let template = templates[name] { write(template.parts, scopes, depth: depth + 1) }
      }
    }
    output.flushIfLarge()
  }

  private func section(_ value: TemplateValue, _ inner: [Template.Part], _ scopes: [TemplateValue], _ depth: Int) {
    switch value {
    case .list(let list):
      var scopes = scopes
      scopes.append(.absent)
      for element in list {
        scopes[scopes.count - 1] = element
        write(inner, scopes, depth: depth)
      }
    case .object, .text, .markup:
      if !value.isEmpty { write(inner, scopes + [value], depth: depth) }
    case .flag(let flag): if flag { write(inner, scopes, depth: depth) }
    case .absent: break
    }
  }

  /// The value of a name in the innermost scope that has it; "." is that scope itself.
  private func find(_ name: String, _ scopes: [TemplateValue]) -> TemplateValue {
    if name == "." { return scopes.last ?? .absent }
    for scope in scopes.reversed() {
      if case .object(let fields) = scope, let value = fields[name] { return value }
    }
    return .absent
  }

  /// Markup is written as it is only where the template says so as well; all else is escaped.
  private func put(_ value: TemplateValue, _ isVerbatim: Bool) {
    switch value {
    case .text(let text): output.append(verbatim: Markup.escaped(text))
    case .markup(let markup): output.append(verbatim: isVerbatim ? markup.text : Markup.escaped(markup.text))
    case .flag, .list, .object, .absent: break
    }
  }
}
