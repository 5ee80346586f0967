internal import CLinux
internal import Synchronization

/// Hands records from the tracer's thread to the one that writes.
///
/// The tracer adds to the batch at hand; the writer takes it when it is told that there is much in it, or when it looks,
/// twenty times a second: so that the tracer wakes it rarely, and what has happened is seen soon all the same.
package final class RecordQueue: Sendable {
  private struct State {
    var batch = RecordBatch()
    /// One that the writer has done with: its memory need not be asked for again.
    var spare: RecordBatch?
    var isCalled = false
    var isFinished = false
  }

  private let state = Mutex(State())
  private let bell: Int32

  /// How often the writer looks by itself.
  private static let pauseTime: Int32 = 50

  package init() { bell = inquest_bell_make() }

  deinit { if bell >= 0 { inquest_close(bell) } }

  /// Adds what `body` writes down. Where the writer lags far behind, waits for it.
  package func add(_ body: (inout RecordBatch) -> Void) {
    let (calls, isOverfull) = state.withLock { state in
      body(&state.batch)
      let calls = state.batch.isFull && !state.isCalled
      if calls { state.isCalled = true }
      return (calls, state.batch.isOverfull)
    }
    if calls { inquest_bell_ring(bell) }
    guard isOverfull else { return }
    while state.withLock({ $0.batch.isOverfull && !$0.isFinished }) { inquest_pause(500) }
  }

  /// Nothing comes any more.
  package func finish() {
    state.withLock { $0.isFinished = true }
    inquest_bell_ring(bell)
  }

  /// The next records, empty where none came within a twentieth of a second; nil where none will.
  package func take() -> RecordBatch? {
    // The bell may have rung for the end and for the last records at once.
    let isFinished = state.withLock { $0.isFinished }
    if !isFinished { pause() }
    return state.withLock { state in
      guard !state.batch.records.isEmpty else { return state.isFinished ? nil : RecordBatch?.some(RecordBatch()) }
      let batch = state.batch
      state.batch = state.spare.take() ?? RecordBatch()
      state.isCalled = false
      return batch
    }
  }

  private func pause() {
    if bell < 0 { inquest_pause(UInt64(Self.pauseTime) * 1000) } else { _ = inquest_bell_wait(bell, Self.pauseTime) }
  }

  /// Takes a batch back that is done with. One that has become very large is given up.
  package func giveBack(_ batch: consuming RecordBatch) {
    guard !batch.isLarge else { return }
    var batch = batch
    batch.clear()
    state.withLock { $0.spare = batch }
  }
}
