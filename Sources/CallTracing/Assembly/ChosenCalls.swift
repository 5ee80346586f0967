internal import SystemCalls

/// Hands on what was chosen of system calls, and everything else: where some calls are followed for a table's sake alone,
/// they are not what was asked to be shown.
package final class ChosenCalls: TraceSink {
  private let calls: Set<Int>
  private let sink: any TraceSink

  /// - Parameter calls: numbers of calls.
  package init(_ calls: Set<Int>, for sink: any TraceSink) {
    self.calls = calls
    self.sink = sink
  }

  package func take(_ item: TraceItem, time: UInt64, thread: Int32, process: Int32) {
    switch item {
    case .call(let call) where !calls.contains(call.observed.number): return
    case .unfinished(let call, _) where !calls.contains(call.observed.number): return
    default: sink.take(item, time: time, thread: thread, process: process)
    }
  }

  package func pause() { sink.pause() }
  package func finish() { sink.finish() }
}
