/// A walked stack, innermost frame first, with recursion folded.
public struct StackWalk: Sendable {
  /// Innermost first.
  public let elements: [Element]
  /// How many frames there are, folded and left out ones included.
  public let frameCount: Int
  /// Why there are no more frames.
  public let ending: Ending

  /// A part of a stack.
  public enum Element: Sendable {
    case frame(Frame)
    case fold(RecursionFold)
    /// Frames between the first and the last that repeat in no regular order.
    case omitted(OmittedFrames)
  }

  /// Why the walk ended.
  public enum Ending: Sendable, Equatable {
    /// The outermost frame: its return address is undefined, or zero.
    case outermost
    /// No rule, frame pointer, link register or scan gave a caller for the code at `pc`.
    case noRule(pc: UInt64)
    /// The memory at `address`, which holds a saved register, is not in the dump.
    case unreadable(address: UInt64)
    /// The caller's frame would not lie further out: the stack is corrupt or the rules are wrong.
    case noProgress(cfa: UInt64)
    /// The return address does not lie in code.
    case notCode(pc: UInt64)
    /// The thread's registers are not known.
    case noRegisters
  }

  public init(elements: [Element], frameCount: Int, ending: Ending) {
    self.elements = elements
    self.frameCount = frameCount
    self.ending = ending
  }

  /// The frames that are kept one by one, with one turn of every fold.
  public var frames: [Frame] {
    elements.flatMap { element -> [Frame] in
      switch element {
      case .frame(let frame): [frame]
      case .fold(let fold): fold.cycle
      case .omitted: []
      }
    }
  }
}

/// A run of frames that repeats: the functions of one turn, and how often they come.
public struct RecursionFold: Sendable {
  /// The frames of the innermost turn, at most 64.
  public let cycle: [Frame]
  /// How often the cycle comes, whole turns.
  public let turns: Int
  /// The canonical frame addresses of the innermost and outermost folded frame.
  public let innermostCFA: UInt64
  public let outermostCFA: UInt64
  /// Whether the folded frames lie on more than one stack.
  public let crossesStacks: Bool

  public init(
    cycle: [Frame], turns: Int, innermostCFA: UInt64, outermostCFA: UInt64, crossesStacks: Bool = false
  ) {
    self.crossesStacks = crossesStacks
    self.cycle = cycle
    self.turns = turns
    self.innermostCFA = innermostCFA
    self.outermostCFA = outermostCFA
  }

  /// How many frames were folded.
  public var frameCount: Int { cycle.count * turns }
  /// The stack that one turn takes on average, in bytes; nil where the fold crosses from one stack to another.
  public var bytesPerTurn: Double? {
    guard turns > 1, !crossesStacks, outermostCFA > innermostCFA else { return nil }
    let frames = Double(frameCount - 1)
    return Double(outermostCFA - innermostCFA) / frames * Double(cycle.count)
  }
}

/// Frames that were walked and counted, and are not kept.
public struct OmittedFrames: Sendable {
  /// How many frames they are.
  public let count: Int
  /// The functions that come most often among them, by start address, most often first, at most 64.
  public let mostFrequent: [(functionStart: UInt64, samplePC: UInt64, count: Int)]

  public init(count: Int, mostFrequent: [(functionStart: UInt64, samplePC: UInt64, count: Int)]) {
    self.count = count
    self.mostFrequent = mostFrequent
  }
}
