/// Makes a ``StackWalk`` of the frames that are walked, in bounded memory: repetitions are folded while they are
/// walked, and what does not repeat is kept at both ends.
struct FrameCollector: FrameSink {
  private var kept = KeptElements()
  private var detector = PeriodDetector()
  private var frameCount = 0
  /// The repetition that the walk is in.
  private var fold: OpenFold?
  /// The number of the last frame whose caller lies on another stack; -1 where there was none.
  private var lastOnItsStack = -1

  mutating func add(_ frame: Frame) {
    frameCount += 1
    if fold != nil {
      if fold?.take(frame) == true { return }
      closeFold()
    }
    keep(frame)
  }

  mutating func stackEnded() {
    lastOnItsStack = frameCount - 1
    fold?.stackEnded(after: lastOnItsStack)
  }

  /// Keeps a frame by itself, and begins a fold where it completes a repetition.
  private mutating func keep(_ frame: Frame) {
    kept.append(.frame(frame))
    guard let period = detector.add(frame.foldingKey) else { return }
    let frames = kept.removeLast(PeriodDetector.needed(period))
    guard var opened = OpenFold(frames, period: period) else {
      for frame in frames { kept.append(.frame(frame)) }
      return
    }
    opened.stackEnded(after: lastOnItsStack)
    fold = opened
    detector.reset()
  }

  /// Ends the fold; the frames of its last, unfinished turn are kept by themselves.
  private mutating func closeFold() {
    guard let closed = fold else { return }
    fold = nil
    kept.append(.fold(closed.result))
    // Fewer than a turn: they cannot begin a fold.
    for frame in closed.unfinishedTurn { keep(frame) }
  }

  /// The walk, which ended for `ending`.
  mutating func finish(_ ending: StackWalk.Ending) -> StackWalk {
    closeFold()
    return StackWalk(elements: kept.elements, frameCount: frameCount, ending: ending)
  }
}

/// A repetition that has not ended yet.
struct OpenFold {
  /// The innermost turn.
  private let cycle: [Frame]
  private let keys: [UInt64]
  private var turns: Int
  private var outermostCFA: UInt64
  /// The frames of the present turn, as many as ``position`` says.
  private var turn: [Frame]
  private var position = 0
  private let firstNumber: Int
  private var lastNumber: Int
  /// The number of the first frame, but for the innermost folded one, whose CFA lies on another stack than its
  /// stack pointer.
  private var firstStackEnd: Int?

  /// nil where the frames do not repeat.
  ///
  /// - Parameter frames: whole turns of `period` frames, at least one.
  init?(_ frames: [Frame], period: Int) {
    guard frames.indices.dropFirst(period).allSatisfy({ frames[$0].foldingKey == frames[$0 - period].foldingKey })
    else { return nil }
    cycle = Array(frames.prefix(period))
    keys = cycle.map(\.foldingKey)
    turn = cycle
    turns = frames.count / period
    outermostCFA = frames.last?.cfa ?? 0
    firstNumber = frames.first?.number ?? 0
    lastNumber = frames.last?.number ?? 0
  }

  /// The stack ends with frame `number`, whose CFA lies on the next one.
  mutating func stackEnded(after number: Int) {
    if firstStackEnd == nil && number > firstNumber { firstStackEnd = number }
  }

  /// Takes the next frame if it goes on with the cycle.
  mutating func take(_ frame: Frame) -> Bool {
    guard frame.foldingKey == keys[position] else { return false }
    turn[position] = frame
    position += 1
    if position == keys.count {
      position = 0
      turns += 1
      outermostCFA = frame.cfa
      lastNumber = frame.number
    }
    return true
  }

  var result: RecursionFold {
    RecursionFold(
      cycle: cycle, turns: turns, innermostCFA: cycle.first?.cfa ?? 0, outermostCFA: outermostCFA,
      crossesStacks: firstStackEnd.map { $0 <= lastNumber } ?? false)
  }

  var unfinishedTurn: ArraySlice<Frame> { turn.prefix(position) }
}
