/// How a report is written for people.
package struct TextOptions: Sendable {
  /// The columns of the terminal.
  package var width: Int
  /// Whether escape sequences for colour may be written.
  package var isColoured: Bool
  /// Whether nothing is left out or cut.
  package var isFull: Bool
  /// Whether the stacks of all threads are written out, instead of a line for each group of others.
  package var showsAllStacks: Bool

  /// The width where no terminal tells one.
  package static let standardWidth = 100
  /// Narrower than this, lines are left to the terminal to wrap.
  package static let leastWidth = 40

  package init(
    width: Int = standardWidth, isColoured: Bool = false, isFull: Bool = false, showsAllStacks: Bool = false
  ) {
    self.width = max(width, Self.leastWidth)
    self.isColoured = isColoured
    self.isFull = isFull
    self.showsAllStacks = showsAllStacks
  }
}
