internal import Machine

/// Takes frames as they are walked.
protocol FrameSink {
  /// Takes the next frame.
  mutating func add(_ frame: Frame)
}

extension UnwindEngine {
  /// Walks to the end of the stack.
  mutating func run<Sink: FrameSink>(_ cursor: inout StackCursor, into sink: inout Sink) -> StackWalk.Ending {
    while let frame = step(&cursor) { sink.add(frame) }
    return cursor.ending ?? .noRegisters
  }
}
