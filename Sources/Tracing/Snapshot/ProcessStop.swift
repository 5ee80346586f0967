internal import CLinux
package import Processes

/// Stops all threads of a running process, lets somebody look, and lets them go on: as short as that takes, and so that the
/// process does not notice.
///
/// Every thread is seized first, which stops none (PTRACE_SEIZE, without EXITKILL: should we be killed, the kernel lets
/// them go on), then all are interrupted at once. Threads that were born meanwhile are found by listing them again until
/// there is no new one: those that stand still make no more. What a thread stopped for, if not for us, it finds again when
/// it goes on: a signal on its way is delivered, a stop by Ctrl-Z stays one.
///
/// It runs on a thread of its own: whoever could not be let go, for it sleeps in the kernel and cannot be stopped, is let go
/// with that thread.
package enum ProcessStop {
  /// How long it took.
  package struct Times: Sendable {
    /// From the first thread's interruption to the last one's release, in nanoseconds.
    package var stopped: UInt64 = 0
    /// How many threads could not be stopped: they sleep in the kernel where nothing wakes them.
    package var unstopped = 0
  }

  /// Stops the process, and calls `body` while it stands still.
  ///
  /// - Parameters:
  ///   - process: its id.
  ///   - allRegisters: whether floating-point and other register sets are read, which a core holds.
  /// - Returns: what `body` returned, and how long the process stood still.
  /// - Throws: ``ProcessError`` where it cannot be stopped; what `body` throws, after it goes on again.
  package static func during<Result>(
    _ process: Int32, allRegisters: Bool = false,
    _ body: @escaping (_ reader: Int32, _ threads: [LiveThread]) throws(ProcessError) -> Result
  ) throws(ProcessError) -> (result: Result, times: Times) {
    let call = Call { () throws(ProcessError) in
      let stopper = ThreadStopper(process, allRegisters: allRegisters)
      let outcome: Swift.Result<Result, ProcessError>
      do throws(ProcessError) {
        let threads = try stopper.stop()
        outcome = .success(try body(stopper.reader, threads))
      } catch {
        outcome = .failure(error)
      }
      stopper.release()
      return (try outcome.get(), stopper.times)
    }
    let context = unsafe Unmanaged.passUnretained(call as AnyCall)
    let made = unsafe inquest_run_on_thread(
      { context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<AnyCall>.fromOpaque(context).takeUnretainedValue().run()
      }, context.toOpaque())
    guard made == 0 else { throw .noMemory(errno: Int32(clamping: -made)) }
    guard let outcome = call.outcome else { throw .ended(process) }
    return try outcome.get()
  }
}

/// What is to be done on another thread, whatever it gives.
private class AnyCall {
  func run() {}
}

private final class Call<Result>: AnyCall {
  private let work: () throws(ProcessError) -> (result: Result, times: ProcessStop.Times)
  private(set) var outcome: Swift.Result<(result: Result, times: ProcessStop.Times), ProcessError>?

  init(_ work: @escaping () throws(ProcessError) -> (result: Result, times: ProcessStop.Times)) { self.work = work }

  override func run() {
    do throws(ProcessError) {
      outcome = .success(try work())
    } catch {
      outcome = .failure(error)
    }
  }
}
