internal import Reporting

/// What a template is filled with.
indirect enum TemplateValue: Sendable {
  /// Text, which is always escaped where it is put; it may come from the target.
  case text(String)
  /// Markup that our own code has built, and that escaped whatever it holds of others.
  case markup(Markup)
  case flag(Bool)
  case list([TemplateValue])
  case object([String: TemplateValue])
  /// Nothing: a section of this name is left out.
  case absent

  /// The text, or nothing where there is none.
  static func text(_ text: String?) -> Self { text.map { .text($0) } ?? .absent }

  /// A number as people read it: "523,700".
  static func number(_ number: Int) -> Self { .text(Quantities.grouped(number)) }

  /// Whether a section of this value is left out.
  var isEmpty: Bool {
    switch self {
    case .absent: true
    case .flag(let flag): !flag
    case .text(let text): text.isEmpty
    case .list(let list): list.isEmpty
    case .markup, .object: false
    }
  }
}

extension TemplateValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  init(stringLiteral value: String) { self = .text(value) }
  init(booleanLiteral value: Bool) { self = .flag(value) }
  init(arrayLiteral elements: TemplateValue...) { self = .list(elements) }
  init(dictionaryLiteral elements: (String, TemplateValue)...) {
    self = .object(Dictionary(elements) { $1 })
  }
}
