internal import CLinux

/// A thread that stands still. Resuming consumes it, so that nobody resumes a thread twice, or touches it while it runs.
///
/// SIGKILL takes a thread out of any stop: each call may find it gone, which is no error here. Its end is an event that
/// follows.
package struct StoppedThread: ~Copyable {
  package let thread: Int32
  package let process: Int32
  private let stop: WaitReport.Stop?

  init(thread: Int32, process: Int32, stop: WaitReport.Stop?) {
    self.thread = thread
    self.process = process
    self.stop = stop
  }

  deinit { Self.resume(thread, stop, untilSystemCall: false, delivering: nil) }

  /// Lets it go on as if it had not been looked at: a signal is delivered, a group stop goes on until SIGCONT.
  ///
  /// - Parameters:
  ///   - untilSystemCall: whether it is to stop at the entry and at the exit of its next system call.
  ///   - signal: which signal is delivered in place of the one it stopped for, 0 for none; nil leaves it.
  package consuming func resume(untilSystemCall: Bool = false, delivering signal: Int32? = nil) {
    Self.resume(thread, stop, untilSystemCall: untilSystemCall, delivering: signal)
    discard self
  }

  private static func resume(_ thread: Int32, _ stop: WaitReport.Stop?, untilSystemCall: Bool, delivering: Int32?) {
    let run = untilSystemCall ? Request.systemCall : Request.run
    switch stop {
    case .group? where delivering == nil:
      // Anything else would wake it: Ctrl-Z would not stop the program.
      _ = inquest_ptrace(Request.listen, thread, 0, 0)
    case .signal(let number)?: _ = inquest_ptrace(run, thread, 0, UInt64(delivering ?? number))
    default: _ = inquest_ptrace(run, thread, 0, UInt64(delivering ?? 0))
    }
  }
}

/// The requests of `include/uapi/linux/ptrace.h` that are used here.
enum Request {
  static let run: Int64 = 7
  static let systemCall: Int64 = 24
  static let eventMessage: Int64 = 0x4201
  static let listen: Int64 = 0x4208
}
