internal import CLinux

/// A clock that can interrupt the waits of the thread that made it.
@safe final class Alarm: @unchecked Sendable {
  /// Whoever rings it needs no more than that it is there.
  private let alarm: OpaquePointer

  init() throws(TracingError) {
    var error: Int32 = 0
    guard let made = unsafe inquest_alarm_make(&error) else { throw .noClock(errno: error) }
    unsafe alarm = made
  }

  deinit { unsafe inquest_alarm_end(alarm) }

  /// Waits for any tracee, at most so long. Returns what `inquest_wait_for` does.
  ///
  /// - Parameter looks: whether to look for it for a moment before sleeping.
  func wait(_ status: inout Int32, _ milliseconds: Int64, looks: Bool) -> Int32 {
    unsafe inquest_wait_for(alarm, &status, milliseconds, looks ? 1 : 0)
  }

  /// Makes a thread a tracee, at most so long. Returns 0, or -errno.
  func seize(_ thread: Int32, options: UInt64, _ milliseconds: Int64) -> Int64 {
    unsafe inquest_seize(thread, options, alarm, milliseconds)
  }

  func ring() { unsafe inquest_alarm_ring(alarm) }
}

/// Ends the wait that a tracer is in, or else its next one with a timeout: ``Tracer/Outcome/nothingYet`` is what it gets.
/// Any thread may.
package struct Waker: Sendable {
  let alarm: Alarm

  package func wake() { alarm.ring() }
}
