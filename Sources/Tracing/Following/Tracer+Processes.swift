extension Tracer {
  /// The process of a thread that was announced or born and has not ended; nil where it is unknown.
  package func process(of thread: Int32) -> Int32? { sequencer.process(of: thread) }
}
