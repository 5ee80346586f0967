internal import Reporting

/// An SVG picture in the making. Classes give the colours; whatever text it gets is escaped.
struct SVG {
  private var markup = Markup()

  /// A picture of a fixed size, which is scrolled where there is less room: text in it stays readable.
  ///
  /// - Parameter label: what it shows, for those who do not see it.
  init(width: Double, height: Double, label: String) {
    markup.append("<svg role=\"group\" class=\"drawing\" width=\"")
    markup.append(width)
    markup.append("\" height=\"")
    markup.append(height)
    markup.append("\" viewBox=\"0 0 ")
    markup.append(width)
    markup.append(" ")
    markup.append(height)
    markup.append("\" aria-label=\"")
    markup.append(escaping: label)
    markup.append("\">")
  }

  /// The whole picture.
  var finished: Markup {
    var whole = markup
    whole.append("</svg>")
    return whole
  }

  mutating func rect(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ kind: String, radius: Double = 0,
    title: String? = nil
  ) {
    markup.append("<rect")
    attributes([("x", x), ("y", y), ("width", width), ("height", height)])
    if radius > 0 { attributes([("rx", radius)]) }
    close(kind, title: title, tag: "rect")
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ kind: String) {
    markup.append("<line")
    attributes([("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)])
    close(kind, title: nil, tag: "line")
  }

  mutating func text(_ text: String, _ x: Double, _ y: Double, _ kind: String) {
    markup.append("<text")
    attributes([("x", x), ("y", y)])
    markup.append(" class=\"")
    markup.append(escaping: kind)
    markup.append("\">")
    markup.append(escaping: text)
    markup.append("</text>")
  }

  /// A curve from one point to another by two others (a cubic Bézier curve), with an arrow's head at its end.
  mutating func arrow(_ points: [(x: Double, y: Double)], _ kind: String, marker: StaticString) {
    guard points.count == 4 else { return }
    markup.append("<path d=\"M")
    point(points[0])
    markup.append(" C")
    for index in 1..<4 {
      if index > 1 { markup.append(" ") }
      point(points[index])
    }
    markup.append("\" marker-end=\"url(#")
    markup.append(marker)
    markup.append(")\" class=\"")
    markup.append(escaping: kind)
    markup.append("\"></path>")
  }

  /// Markup that was built elsewhere.
  mutating func append(_ other: Markup) { markup.append(other) }

  /// Opens a group that can be reached by the keyboard, and says what it is.
  mutating func beginGroup(_ kind: String, label: String) {
    markup.append("<g tabindex=\"0\" role=\"img\" class=\"")
    markup.append(escaping: kind)
    markup.append("\" aria-label=\"")
    markup.append(escaping: label)
    markup.append("\"><title>")
    markup.append(escaping: label)
    markup.append("</title>")
  }

  mutating func endGroup() { markup.append("</g>") }

  private mutating func point(_ point: (x: Double, y: Double)) {
    markup.append(point.x)
    markup.append(",")
    markup.append(point.y)
  }

  private mutating func attributes(_ values: [(StaticString, Double)]) {
    for (name, value) in values {
      markup.append(" ")
      markup.append(name)
      markup.append("=\"")
      markup.append(value)
      markup.append("\"")
    }
  }

  private mutating func close(_ kind: String, title: String?, tag: StaticString) {
    markup.append(" class=\"")
    markup.append(escaping: kind)
    markup.append("\">")
    if let title {
      markup.append("<title>")
      markup.append(escaping: title)
      markup.append("</title>")
    }
    markup.append("</")
    markup.append(tag)
    markup.append(">")
  }

  /// `text` in at most `letters` letters.
  static func cut(_ text: String, _ letters: Int) -> String {
    let escaped = Escaping.escaped(text)
    return escaped.count <= letters ? escaped : escaped.prefix(max(1, letters - 1)) + "…"
  }
}
