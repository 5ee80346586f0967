/// Makes a ``StackWalk`` of the frames that are walked.
struct FrameCollector: FrameSink {
  private var elements: [StackWalk.Element] = []
  private var count = 0

  mutating func add(_ frame: Frame) {
    elements.append(.frame(frame))
    count += 1
  }

  /// The walk, which ended for `ending`.
  func finish(_ ending: StackWalk.Ending) -> StackWalk {
    StackWalk(elements: elements, frameCount: count, ending: ending)
  }
}
