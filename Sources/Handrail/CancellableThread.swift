internal import CHandrail

/// A thread that can be cancelled without losing what it had just got, and joined whenever it ended.
///
/// ```swift
/// let server = try CancellableThread(name: "server") {
///   while true {
///     let connection = try Blocking.accept(socket)
///     defer { close(connection) }
///     try serve(connection)
///   }
/// }
/// // …
/// server.cancel()
/// _ = try server.join()          // .cancelled, and no descriptor is left open
/// ```
///
/// A cancellation arrives as ``BlockingError/cancelled``, thrown by a call of ``Blocking`` or by ``Cancellation/check()``, and
/// goes up through the thread's functions like any other error: `defer` and `catch` clean up. It acts once; what cleaning up
/// calls is not cancelled again. It is never lost: it comes by a signal, and one that meets the handler of another signal over
/// a call that is made again comes once more when that handler is left. `pthread_cancel` is something else: it unwinds threads
/// by means that know nothing of Swift's frames, and must not be used on them.
///
/// A thread that has ended keeps nothing but its result, whether it was joined or not: thousands that were never joined take
/// no mappings and no memory of the kernel's.
///
/// The signal is real-time, the highest below SIGRTMAX-1 that nobody used when the first thread was made, or
/// ``Cancellation/choose(signal:)``'s. A thread that blocks it hears of a cancellation at its next cancellation point, but a call
/// that already waits is not woken.
public final class CancellableThread<Value: Sendable>: Sendable {
  /// How a thread ended.
  public enum Outcome: Sendable {
    /// It returned this.
    case value(Value)
    /// It threw this.
    case failed(any Error)
    /// It was cancelled: it threw ``BlockingError/cancelled``, or ``ThreadError/cancelled`` out of a join, after a cancellation
    /// had acted.
    case cancelled

    /// The value that it returned.
    /// - Throws: what it threw; ``BlockingError/cancelled`` where it was cancelled.
    public func get() throws -> Value {
      switch self {
      case .value(let value): return value
      case .failed(let error): throw error
      case .cancelled: throw BlockingError.cancelled
      }
    }
  }

  private let handle: Handle
  private let result: ThreadResult<Value>

  /// Makes a thread, which runs at once.
  /// - Parameters:
  ///   - name: what the kernel shows; its first fifteen bytes.
  ///   - stackSize: in bytes; nil for libc's usual size.
  ///   - body: what it does.
  /// - Throws: ``ThreadError/cannotCreate(errno:)``.
  public init(
    name: String? = nil, stackSize: Int? = nil, _ body: @escaping @Sendable () throws -> Value
  ) throws(ThreadError) {
    let result = ThreadResult<Value>()
    let work = Work {
      do {
        result.outcome = .value(try body())
      } catch {
        result.outcome = Cancellation.hasActed && Self.isCancellation(error) ? .cancelled : .failed(error)
      }
    }
    self.result = result
    handle = try Handle(name: name, stackSize: stackSize, work)
  }

  /// Whether this is how a cancellation comes up a thread's functions.
  private static func isCancellation(_ error: any Error) -> Bool {
    error as? BlockingError == .cancelled || error as? ThreadError == .cancelled
  }

  /// Waits until the thread has ended and nothing of it runs any more. A cancellation point.
  /// - Throws: ``ThreadError``: it was joined before or is being joined, it was detached, it waits for the caller, or the
  ///   caller was cancelled while it waited. Then it may be joined later.
  public func join() throws(ThreadError) -> Outcome {
    try handle.join()
    // It has ended, and has written its outcome first.
    return result.outcome ?? .cancelled
  }

  /// Says that nobody will join it. Letting go of the last reference to a thread does as much.
  /// - Throws: ``ThreadError/alreadyJoined``, ``ThreadError/detached``.
  public func detach() throws(ThreadError) { try handle.detach() }

  /// Cancels it: at its next cancellation point, or in the one that it waits in; at once in
  /// ``Cancellation/asynchronously(_:)``; after ``Cancellation/withShield(_:)`` where it holds cancellations up. Not for signal handlers.
  ///
  /// Where all signals that this user may have waiting are (RLIMIT_SIGPENDING), it tries for a second; then a call that waits
  /// already is not woken.
  /// - Returns: whether it had not ended.
  @discardableResult public func cancel() -> Bool { handle.cancel() }

  /// Whether its function has returned or thrown.
  public var hasEnded: Bool { handle.hasEnded }

  /// The kernel's number of it (`gettid(2)`); nil before it runs.
  public var identifier: Int32? { handle.identifier }
}

/// What cannot be done with a thread.
public enum ThreadError: Error, Sendable, Equatable {
  /// libc's errno: EAGAIN where a limit on threads, mappings or memory was reached, EINVAL for a stack that is too small.
  case cannotCreate(errno: Int32)
  /// It was joined before, or another thread is waiting for it.
  case alreadyJoined
  /// It was detached.
  case detached
  /// It waits for the thread that wants to join it, or is that thread, or waits for one that does.
  case wouldDeadlock
  /// It ran in the process that this one was forked from.
  case notInThisProcess
  /// The caller was cancelled while it waited.
  case cancelled
}
