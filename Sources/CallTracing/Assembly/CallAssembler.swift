package import SystemCalls
internal import Tracing

/// Puts entries and exits together, and hands whole calls on in the order in which they end.
///
/// A call that lasts is told of once while it waits, so that somebody who looks on sees what is going on.
package final class CallAssembler {
  private struct Pending {
    let record: TraceRecord
    let number: Int
    let arguments: InlineArray<6, UInt64>
    let memory: CapturedMemory
    let stack: Int32
    /// How many items had been told when it began.
    let told: Int
    var isAnnounced = false
  }

  private let table: CallTable
  private let sinks: [any TraceSink]
  private var pending: [Int32: Pending] = [:]
  private var functions: [Int32: [(index: Int32, begin: UInt64)]] = [:]
  private var told = 0
  /// Nanoseconds after which a call that waits is told of.
  private static let patience: UInt64 = 250_000_000

  package init(_ table: CallTable, sinks: [any TraceSink]) {
    self.table = table
    self.sinks = sinks
  }

  /// Takes all that comes, until nothing does.
  package func run(_ queue: RecordQueue, now: () -> UInt64) {
    while let batch = queue.take() {
      take(batch)
      guard batch.records.isEmpty else {
        queue.giveBack(batch)
        continue
      }
      announceWaiting(now())
      for sink in sinks { sink.pause() }
    }
    for sink in sinks { sink.finish() }
  }

  /// Takes some records.
  package func take(_ batch: RecordBatch) {
    for record in batch.records { take(record, batch) }
  }

  private func take(_ record: TraceRecord, _ batch: RecordBatch) {
    switch record.kind {
    case .entry(let number, let arguments, let captured, let stack):
      pending[record.thread] = Pending(
        record: record, number: number, arguments: arguments, memory: batch.memory(captured), stack: stack, told: told)
    case .exit(let result, let isError, let captured):
      guard let begun = pending.removeValue(forKey: record.thread) else { return }
      let call = finished(
        begun, CallOutcome(result: result, isError: isError), batch.memory(captured), record.time, record)
      tell(.call(call), record)
    case .foreign(let number): tell(.foreign(number: number), record)
    case .born(let creator): tell(.born(creator: creator), record)
    case .attached: tell(.attached, record)
    case .creation(let child): tell(.creation(child: child), record)
    case .executed(let former, let program):
      if former != record.thread, let begun = pending.removeValue(forKey: former) { pending[record.thread] = begun }
      functions[record.thread] = nil
      tell(.executed(former: former, program: program), record)
    case .signal(let number, let captured):
      tell(.signal(number, information: batch.memory(captured).read(0, 128, .entry)), record)
    case .groupStop(let signal): tell(.groupStop(signal), record)
    case .ended(let end):
      tellUnfinished(record)
      tell(.ended(EndOfThread(end)), record)
    case .processEnded(let end): tell(.processEnded(EndOfThread(end)), record)
    case .function(let index, let arguments, let captured, let stack):
      functions[record.thread, default: []].append((index, record.time))
      tell(
        .function(
          FunctionCall(
            index: index, arguments: arguments, memory: batch.memory(captured), stack: stack, value: nil, begin: nil)),
        record)
    case .functionReturned(let index, let value, let captured):
      let begun = functions[record.thread]?.popLast()
      tell(
        .function(
          FunctionCall(
            index: index, arguments: InlineArray(repeating: 0), memory: batch.memory(captured), stack: 0, value: value,
            begin: begun?.index == index ? begun?.begin : nil)), record)
    case .descriptor(let state): tell(.descriptor(state), record)
    }
  }

  private func finished(
    _ begun: Pending, _ outcome: CallOutcome, _ exit: CapturedMemory, _ end: UInt64, _ record: TraceRecord
  ) -> FinishedCall {
    FinishedCall(
      thread: record.thread, process: record.process, begin: begun.record.time, end: end,
      observed: ObservedCall(number: begun.number, arguments: begun.arguments, outcome: outcome),
      signature: table.signature(begun.number), memory: PairedMemory(entry: begun.memory, exit: exit),
      stack: begun.stack, wasOvertaken: told != begun.told)
  }

  /// A thread's end within a call: exit has no other.
  private func tellUnfinished(_ record: TraceRecord) {
    functions[record.thread] = nil
    guard let begun = pending.removeValue(forKey: record.thread) else { return }
    let call = finished(
      begun, .unfinished, CapturedMemory(bytes: [], pieces: []), record.time, record)
    tell(.unfinished(call, isWaiting: false), begun.record)
  }

  private func announceWaiting(_ now: UInt64) {
    for (thread, begun) in pending where !begun.isAnnounced && now > begun.record.time &+ Self.patience {
      pending[thread]?.isAnnounced = true
      let call = finished(begun, .unfinished, CapturedMemory(bytes: [], pieces: []), now, begun.record)
      tell(.unfinished(call, isWaiting: true), begun.record)
    }
  }

  private func tell(_ item: TraceItem, _ record: TraceRecord) {
    told &+= 1
    for sink in sinks { sink.take(item, time: record.time, thread: record.thread, process: record.process) }
  }
}

extension EndOfThread {
  init(_ end: TraceEvent.End) {
    switch end {
    case .exited(let status): self = .exited(status: status)
    case .killed(let signal, let dumpedCore): self = .killed(signal: signal, dumpedCore: dumpedCore)
    case .replaced: self = .replaced
    case .untold: self = .untold
    case .detached: self = .left
    }
  }
}
