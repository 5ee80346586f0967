/// The section INPUT: the texts that tell what the program was working on, each with where it was found.
struct ClueText {
  private let page: TextPage
  /// How many are shown where not all are.
  private static let shown = 3
  /// The most columns of a text where it is cut.
  private static let columns = 160

  init(_ page: TextPage) { self.page = page }

  func write(_ all: [ReportedClue]) {
    // What no frame leads to is no answer by itself.
    let clues = page.options.isFull ? all : all.filter { $0.isByTheWay != true }
    guard !clues.isEmpty else { return }
    page.heading("INPUT")
    page.put(" that it was working on, as far as memory tells")
    page.endLine()
    let count = page.options.isFull ? clues.count : min(clues.count, Self.shown)
    for clue in clues.prefix(count) { write(clue) }
    guard count < clues.count else { return }
    page.put("  and ")
    page.put(clues.count - count)
    page.put(" more (--full shows all)")
    page.endLine()
  }

  private func write(_ clue: ReportedClue) {
    page.put("  - ")
    page.with(.function) { page.put(escaping: page.options.isFull ? clue.text : Self.cut(clue.text)) }
    page.put("  (")
    page.put(escaping: clue.kind)
    page.put(", ")
    page.put(escaping: clue.certainty)
    page.put(")")
    page.endLine()
    page.spaces(4)
    page.paragraph(([clue.place] + clue.reasons).joined(separator: "; "), column: 4)
  }

  /// The text's beginning: what is left out at its end is marked. Of a path the end says more.
  private static func cut(_ text: String) -> String {
    guard text.unicodeScalars.count > columns else { return text }
    if text.hasPrefix("/"), !text.contains("\n") {
      return "…" + String(String.UnicodeScalarView(text.unicodeScalars.suffix(columns)))
    }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(columns))) + "…"
  }
}
