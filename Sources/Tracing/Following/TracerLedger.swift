/// What stopped threads leave behind for their tracer: a stopped thread may be let go, or changed, by whoever holds it.
final class TracerLedger {
  /// Threads that were let go since the tracer last looked.
  var departed: [Int32] = []
  /// What must be put back once a thread's call has been done.
  var revealed: [Int32: HiddenChild] = [:]
}
