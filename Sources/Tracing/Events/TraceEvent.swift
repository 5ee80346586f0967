/// What happened to a traced thread, in an order that makes sense: its birth before anything that it does, an exec after
/// the ends of the other threads, the end of a process after those of its threads.
package enum TraceEvent: Hashable, Sendable {
  /// `thread` exists, and is stopped before its first instruction.
  ///
  /// `creator` is nil where the kernel had not said yet who made it; `creation` follows then, unless the creator was
  /// killed before it could speak.
  case born(Identity, creator: Int32?, by: WaitReport.Birth?)
  /// `thread`, which had run before, is traced from now on, and is stopped.
  case attached(Identity)
  /// `thread` made `child`, which is born before or after this; `thread` is stopped.
  case creation(Identity, child: Int32, by: WaitReport.Birth)
  /// `thread` is stopped, for a reason that is nobody's birth or end.
  case stopped(Identity, WaitReport.Stop)
  /// The process executed another program; its only thread is stopped. `former` is the id by which the thread was known
  /// until now.
  case executed(Identity, former: Int32)
  /// `thread` is no more. It is not stopped, and has no memory.
  case ended(Identity, End)
  /// All threads of the process are no more.
  case processEnded(Int32, End)

  /// A thread, and the process that it belongs to, by their ids in the tracer's pid namespace.
  package struct Identity: Hashable, Sendable {
    package let thread: Int32
    package let process: Int32

    package init(thread: Int32, process: Int32) {
      self.thread = thread
      self.process = process
    }
  }

  /// How a thread or a process ended.
  package enum End: Hashable, Sendable {
    case exited(status: Int32)
    case killed(signal: Int32, dumpedCore: Bool)
    /// Another thread of its process executed a program, and took its place.
    case replaced
    /// It ended together with its process, and the kernel told nothing of it alone.
    case untold
    /// The tracer let it go; it runs on.
    case detached
  }

  /// The thread that stands still until it is resumed; nil where none does.
  package var stoppedThread: Int32? {
    switch self {
    case .born(let identity, _, _), .attached(let identity), .creation(let identity, _, _), .stopped(let identity, _),
      .executed(let identity, _):
      identity.thread
    case .ended, .processEnded: nil
    }
  }
}
