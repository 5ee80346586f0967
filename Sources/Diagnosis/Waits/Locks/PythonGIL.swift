internal import Bytes
internal import Machine

/// The global interpreter lock of CPython 3.2 and later (`struct _gil_runtime_state`, Include/internal/pycore_gil.h): who
/// wants it waits for a condition variable in it, a few milliseconds at a time and for ever.
enum PythonGIL {
  /// Before the condition variable lie the interval in microseconds, the last holder's `PyThreadState`, whether the lock
  /// is held, and a count.
  private static let interval: UInt64 = 32
  private static let lastHolder: UInt64 = 24
  private static let locked: UInt64 = 16
  /// How much of a `PyThreadState` is searched for the thread's own pointer (`thread_id`).
  private static let stateBytes = 1024

  /// The lock around a condition variable; nil where that is none, or where its words do not fit.
  ///
  /// - Parameter variable: the address in the target of a condition variable that a thread waits for with a timeout.
  static func lock(
    around variable: UInt64, _ records: ThreadRecords, _ memory: any TargetMemory
  ) -> WaitObject? {
    guard let interval = memory.word(at: variable &- interval), (1...10_000_000).contains(interval),
      let locked = memory.load(Int32.self, at: variable &- locked), locked == 1,
      let state = memory.word(at: variable &- lastHolder), state % 8 == 0, state != 0,
      let bytes = memory.read(state, stateBytes) ?? memory.read(state, stateBytes / 4)
    else { return nil }
    var holders: Set<Int32> = []
    for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
      if let word = bytes.load(UInt64.self, at: offset), word != 0, let tid = records.thread(withPointer: word) {
        holders.insert(tid)
      }
    }
    guard holders.count == 1, let holder = holders.first else { return nil }
    var lock = WaitObject(
      "python-gil", at: variable &- Self.interval, size: 24, name: "global interpreter lock of Python",
      state: "it is held, and its last holder's state (\(hex(state))) is that of thread \(holder)", owner: holder,
      isHeld: true, isExclusive: true)
    lock.isOwnerResolved = true
    return lock
  }
}
