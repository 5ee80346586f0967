internal import Machine
internal import Unwinding

/// A frame from which texts are looked for, or the variables of a module that such a frame is in.
struct ClueRoot {
  let frame: Frame
  /// How many calls lie between it and what died: the recursion, or, where there is none, the innermost frame.
  let distance: Int
  /// Whether it is `main`, or further out: what is reached from there is known to the whole program.
  var isOutermost: Bool
  /// Where the module's variables lie in the target; nil for a frame's own part of the stack.
  var variables: Range<UInt64>?
}

/// Which frames are looked at, and in which order: those of the recursion first, then from there outwards, then those
/// between it and the crash; without recursion from the innermost frame outwards.
enum ClueRoots {
  /// So many frames further out say nothing of what the innermost were at.
  private static let mostOutward = 192
  private static let mostInward = 48

  static func of(_ walk: StackWalk) -> [ClueRoot] {
    let middle = middle(of: walk)
    var roots: [ClueRoot] = []
    func add(_ frame: Frame, _ distance: Int) {
      guard frame.stackPointer != 0, !frame.isSignalTrampoline else { return }
      roots.append(ClueRoot(frame: frame, distance: distance, isOutermost: false))
    }
    guard let middle else {
      for (index, frame) in walk.frames.prefix(mostOutward).enumerated() { add(frame, index) }
      return roots
    }
    if case .fold(let fold) = walk.elements[middle] {
      for frame in fold.cycle { add(frame, 0) }
      for frame in turns(of: fold) { add(frame, 0) }
    }
    let inward = frames(walk.elements[..<middle])
    for (index, frame) in inward.prefix(mostInward).enumerated() { add(frame, min(index, inward.count - index)) }
    for (index, frame) in frames(walk.elements[(middle + 1)...]).prefix(mostOutward).enumerated() {
      add(frame, index + 1)
    }
    return roots.sorted { $0.distance < $1.distance }
  }

  /// The two turns behind the innermost, which may lie beyond the end of its stack, and the outermost one: where each
  /// turn takes as much stack as the others.
  private static func turns(of fold: RecursionFold) -> [Frame] {
    guard let size = fold.bytesPerTurn, size >= 16, size < 65_536, size == size.rounded(), fold.turns > 3 else {
      return []
    }
    return [1, 2, fold.turns - 1].flatMap { turn in
      let distance = UInt64(size) &* UInt64(turn)
      return fold.cycle.compactMap { frame -> Frame? in
        guard frame.cfa != 0, frame.cfa &+ distance <= fold.outermostCFA else { return nil }
        return Frame(
          number: frame.number + turn * fold.cycle.count, pc: frame.pc, isExact: false, cfa: frame.cfa &+ distance,
          stackPointer: frame.stackPointer &+ distance, functionStart: frame.functionStart, provenance: frame.provenance
        )
      }
    }
  }

  /// The longest recursion, or the part of the stack that was not kept since it was too long.
  private static func middle(of walk: StackWalk) -> Int? {
    let sizes = walk.elements.enumerated().compactMap { index, element -> (index: Int, frames: Int)? in
      switch element {
      case .fold(let fold): (index, fold.frameCount)
      case .omitted(let omitted): (index, omitted.count)
      case .frame: nil
      }
    }
    return sizes.max { $0.frames < $1.frames }?.index
  }

  private static func frames(_ elements: ArraySlice<StackWalk.Element>) -> [Frame] {
    elements.flatMap { element -> [Frame] in
      switch element {
      case .frame(let frame): [frame]
      case .fold(let fold): fold.cycle
      case .omitted: []
      }
    }
  }
}
