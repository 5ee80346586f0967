internal import CHandrail

/// How the thread that calls takes cancellations. On threads that are none of ``CancellableThread`` nothing of it does anything.
public enum Cancellation {
  /// A cancellation point that does nothing else.
  /// - Throws: ``BlockingError/cancelled``, once.
  public static func check() throws(BlockingError) {
    if handrail_cancellation_point() != 0 { throw .cancelled }
  }

  /// Whether this thread was cancelled, be it held up, acted on or neither.
  public static var isRequested: Bool { handrail_is_cancelled() }

  /// Whether a cancellation has acted on this thread.
  static var hasActed: Bool {
    guard let current = unsafe handrail_thread_current() else { return false }
    return unsafe handrail_thread_was_cancelled(current)
  }

  /// Calls a function in which nothing is cancelled (POSIX's disabled state). What comes meanwhile acts at the next cancellation
  /// point afterwards; ``isRequested`` tells of it at once.
  public static func withShield<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = handrail_hold_cancellation(true)
    defer { _ = handrail_hold_cancellation(before) }
    return try body()
  }

  /// Calls a function, and a second one after it if it was cancelled: what POSIX has cleanup handlers for, where `defer`
  /// would do too much.
  /// - Parameters:
  ///   - body: what may be cancelled.
  ///   - cleanUp: called on the same thread when `body` has thrown ``BlockingError/cancelled``, which is then thrown on.
  public static func withCleanup<Result: ~Copyable>(
    _ body: () throws(BlockingError) -> Result, onCancel cleanUp: () -> Void
  ) throws(BlockingError) -> Result {
    do throws(BlockingError) {
      return try body()
    } catch {
      if error == .cancelled { cleanUp() }
      throw error
    }
  }

  /// Calls a function that a cancellation leaves at whatever instruction it is (POSIX's asynchronous type): for computations
  /// that have no cancellation points.
  ///
  /// What it was doing stays half done, and nothing is released: `defer` does not run, references stay counted (so what `body` has
  /// captured stays for ever), locks stay held, malloc's among them. So `body` may only compute, in memory that was there before:
  /// no allocation, no class references, no arrays that may have to be copied, no locks, no calls of Handrail. That is POSIX's
  /// rule for this type, and the compiler cannot check it.
  /// - Throws: ``BlockingError/cancelled`` where it was left, or was cancelled before.
  @unsafe public static func asynchronously(_ body: @escaping () -> Void) throws(BlockingError) {
    let result = unsafe withUnsafePointer(to: body) { context in
      unsafe handrail_call_asynchronously(
        { context in
          if let context = unsafe context { unsafe context.assumingMemoryBound(to: (() -> Void).self).pointee() }
        }, UnsafeMutableRawPointer(mutating: context))
    }
    if result != 0 { throw .cancelled }
  }

  /// Chooses the real-time signal that cancellations come by, before the first thread is made.
  /// - Throws: ``ThreadError/cannotCreate(errno:)``: EBUSY where threads were made already or the signal has a handler
  ///   (cancellations come by one of ours then), EINVAL where it is no real-time signal that libc leaves to programs.
  public static func choose(signal: Int32) throws(ThreadError) {
    let error = handrail_choose_signal(signal)
    if error != 0 { throw .cannotCreate(errno: error) }
  }

  /// The signal that cancellations come by; nil before the first thread was made.
  public static var signal: Int32? {
    let signal = handrail_cancellation_signal()
    return signal == 0 ? nil : signal
  }
}
