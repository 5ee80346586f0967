/// The elements of a walk that are kept: as many of the innermost as there is room for, and the outermost.
struct KeptElements {
  /// How many frames are kept from the inner and from the outer end. A fold counts as its cycle.
  static let innermost = 4096
  static let outermost = 256

  private var head: [StackWalk.Element] = []
  private var headWeight = 0
  /// The elements from ``tailStart`` on are the outermost so far.
  private var tail: [StackWalk.Element] = []
  private var tailStart = 0
  private var tailWeight = 0
  private var tally = FunctionTally()

  /// Adds the next element, and lets go of one in the middle where there are too many.
  mutating func append(_ element: StackWalk.Element) {
    let weight = Self.weight(element)
    if tailStart == tail.count && tally.total == 0 && headWeight + weight <= Self.innermost {
      head.append(element)
      headWeight += weight
      return
    }
    tail.append(element)
    tailWeight += weight
    while tailWeight > Self.outermost, tailStart < tail.count - 1 {
      let evicted = tail[tailStart]
      tailStart += 1
      tailWeight -= Self.weight(evicted)
      count(evicted)
    }
    if tailStart > 2 * Self.outermost {
      tail.removeFirst(tailStart)
      tailStart = 0
    }
  }

  /// Takes back the last `count` elements, which are single frames and no more than ``outermost``.
  mutating func removeLast(_ count: Int) -> [Frame] {
    var removed: [Frame] = []
    removed.reserveCapacity(count)
    while removed.count < count, case .frame(let frame) = tail.count > tailStart ? tail.last : head.last {
      removed.append(frame)
      if tail.count > tailStart {
        tail.removeLast()
        tailWeight -= 1
      } else {
        head.removeLast()
        headWeight -= 1
      }
    }
    return removed.reversed()
  }

  /// All elements in order, with what was let go of between them.
  var elements: [StackWalk.Element] {
    guard tally.total > 0 else { return head + tail[tailStart...] }
    let omitted = OmittedFrames(count: tally.total, mostFrequent: tally.mostFrequent(64))
    return head + [.omitted(omitted)] + tail[tailStart...]
  }

  private static func weight(_ element: StackWalk.Element) -> Int {
    if case .fold(let fold) = element { fold.cycle.count } else { 1 }
  }

  private mutating func count(_ element: StackWalk.Element) {
    switch element {
    case .frame(let frame): tally.add(frame)
    case .fold(let fold): for frame in fold.cycle { tally.add(frame, count: fold.turns) }
    case .omitted: break
    }
  }
}
