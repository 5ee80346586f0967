/// What is known of the terminal, from which follows how text is laid out.
package struct TerminalFacts {
  package let isTerminal: Bool
  /// What TIOCGWINSZ tells; 0 where it tells nothing.
  package let columns: Int
  package let environment: (String) -> String?

  package init(isTerminal: Bool, columns: Int, environment: @escaping (String) -> String?) {
    self.isTerminal = isTerminal
    self.columns = columns
    self.environment = environment
  }

  /// Wider terminals are not filled: lines become hard to read.
  private static let mostColumns = 200

  /// Colour only on a terminal that has it, and never where `NO_COLOR` is set to anything (no-color.org). The
  /// width of the terminal, else `COLUMNS`, else the standard.
  package func options(isFull: Bool, showsAllStacks: Bool) -> TextOptions {
    let refuses = environment("NO_COLOR").map { !$0.isEmpty } ?? false
    let isDumb = environment("TERM").map { $0 == "dumb" || $0.isEmpty } ?? true
    let stated = environment("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    let width = columns > 0 ? columns : stated ?? TextOptions.standardWidth
    return TextOptions(
      width: min(width, Self.mostColumns), isColoured: isTerminal && !refuses && !isDumb, isFull: isFull,
      showsAllStacks: showsAllStacks)
  }
}
