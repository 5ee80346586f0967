/// Where text for people is put together: it escapes what came from the target, wraps sentences and colours roles.
package final class TextPage {
  let output: ByteOutput
  package let options: TextOptions

  package init(_ output: ByteOutput, _ options: TextOptions) {
    self.output = output
    self.options = options
  }

  /// What a piece of text is, which decides its colour (ECMA-48, Select Graphic Rendition).
  enum Role {
    case heading
    case verdict
    case warning
    case function
    case faint

    var sequence: StaticString {
      switch self {
      case .heading: "\u{1b}[1m"
      case .verdict: "\u{1b}[1;31m"
      case .warning: "\u{1b}[1;33m"
      case .function: "\u{1b}[36m"
      case .faint: "\u{1b}[2m"
      }
    }
  }

  /// Writes what `body` writes in the colour of `role`.
  func with(_ role: Role, _ body: () -> Void) {
    if options.isColoured { output.append(role.sequence) }
    body()
    if options.isColoured { output.append("\u{1b}[0m") }
  }

  /// Text of ours.
  func put(_ text: StaticString) { output.append(text) }

  /// Text that may come from the target.
  func put(escaping text: String) { output.append(verbatim: Escaping.escaped(text)) }

  /// A number in decimal.
  func put(_ number: some BinaryInteger) {
    if number < 0 { output.append(byte: 0x2d) }
    output.append(decimal: UInt64(clamping: number.magnitude))
  }

  /// "0x" and a number in hexadecimal.
  func put(hexadecimal number: UInt64) {
    output.append("0x")
    output.append(hexadecimal: number)
  }

  /// A number in decimal, at the right of `width` columns.
  func put(_ number: Int, width: Int) {
    output.append(spaces: width - TextPage.digits(number))
    put(number)
  }

  func spaces(_ count: Int) { output.append(spaces: count) }

  func endLine() {
    output.append(byte: 0x0a)
    output.flushIfLarge()
  }

  /// A heading at the left edge, after an empty line.
  func heading(_ title: StaticString) {
    endLine()
    with(.heading) { put(title) }
  }

  /// A sentence, wrapped at the page's width.
  ///
  /// - Parameters:
  ///   - text: may come from the target.
  ///   - column: where the first line already stands; lines that follow begin there too.
  ///   - rest: where the lines that follow begin, if not at `column`.
  func paragraph(_ text: String, column: Int, rest: Int? = nil) {
    let indent = rest ?? column
    var used = column
    var isFirst = true
    for word in Escaping.escaped(text).split(separator: " ") {
      let width = Escaping.width(String(word))
      if !isFirst {
        if used + 1 + width > options.width {
          endLine()
          spaces(indent)
          used = indent
        } else {
          output.append(byte: 0x20)
          used += 1
        }
      }
      output.append(verbatim: String(word))
      used += width
      isFirst = false
    }
    endLine()
  }

  /// The number of decimal digits of a number that is not negative.
  static func digits(_ number: Int) -> Int {
    var count = 1
    var rest = number
    while rest >= 10 {
      rest /= 10
      count += 1
    }
    return count
  }
}
