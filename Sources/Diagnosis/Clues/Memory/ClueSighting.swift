extension ClueSearch {
  /// A word that was followed: where it stands, and in what.
  struct Step {
    /// The step that led to the block the word stands in; -1 for a root's own block.
    let parent: Int32
    let root: Int32
    /// From the start of the block, in bytes; of registers the DWARF number.
    let offset: Int32
    let isRegister: Bool
  }

  /// How a text was come by.
  struct Way {
    let step: Step
    /// How many objects lie between the frame and the text.
    let depth: Int
    /// Whether the text lies in the block itself, instead of being pointed to.
    var isInline = false
    /// Compiled into the executable.
    var isConstant = false
    /// Whether a length beside the pointer says where it ends, and not only a zero byte.
    var isMeasured = false

    /// How far into an object of unknown size an inline text lies, in 32 bytes: behind its end others begin.
    var reach: Int { isInline && depth > 0 ? Int(max(0, step.offset)) / 32 : 0 }
  }

  /// A text that was met.
  struct Sighting {
    let text: String
    let kind: TextKind
    /// Where its bytes lie; nil for the name of a mapped file.
    let address: UInt64?
    /// The nearest way to it, and its step's place in ``ClueSearch/steps``.
    var way: Way
    var step: Int
    /// How many calls its frame is away from what died.
    var distance: Int
    /// Whether a length, met anywhere, says where it ends.
    var isMeasured: Bool
    /// Whether it is compiled into the executable, wherever it was met.
    var isConstant: Bool
    /// Roots from which it is reached by at most two steps.
    var roots: Set<Int32>
    /// Whether any root that leads to it is no outermost frame.
    var isHeldInside: Bool

    /// The nearer, the less.
    var cost: Int { ClueSearch.cost(way, distance: distance) }
  }

  /// How many calls further out one more step through memory counts.
  private static let costOfStep = 10

  static func cost(_ way: Way, distance: Int) -> Int {
    distance + way.depth * costOfStep + way.reach + (way.isInline && way.depth == 0 ? 4 : 0)
  }
}
