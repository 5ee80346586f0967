internal import CLinux

/// Follows programs, with all their threads and children, from birth to end, and loses none.
///
/// The thread that starts or attaches must be the one that asks for events: the kernel knows only it as the tracer.
/// What orders the events is ``Sequencer``.
package final class Tracer {
  private var sequencer = Sequencer()
  private var pending: [Pending] = []
  private var position = 0
  private let options: UInt64

  /// An event whose turn has not come, and the stop of the thread that it hands over.
  private struct Pending {
    let event: TraceEvent
    let handsOver: (thread: Int32, process: Int32, stop: WaitReport.Stop)?
  }

  /// An event, and the thread that stands still for it.
  package struct Occurrence: ~Copyable {
    package let event: TraceEvent
    /// Resumed where nobody takes it. Where several events belong to one stop, the last has it.
    package var stopped: StoppedThread?
  }

  /// All events, and the death of every tracee with the tracer, so that none is left standing still.
  package static let allOptions: UInt64 =
    1 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 20

  package init(options: UInt64 = Tracer.allOptions) {
    self.options = options
  }

  /// Starts a program. Its first event is the exec; or an end with status 127, where there was none: then
  /// ``StartedProgram/failure()`` says why.
  ///
  /// - Throws: ``TracingError`` where it could not be made, or not be traced.
  package func start(_ command: [String], environment: [String], folder: String? = nil) throws(TracingError)
    -> StartedProgram
  {
    guard let file = command.first else { throw .noProgram }
    let arguments = CStrings(command)
    let variables = CStrings(environment)
    let place = CStrings(folder.map { [$0] } ?? [])
    var failure: Int32 = -1
    let child = unsafe file.withCString { file in
      var start = unsafe inquest_start(
        file: file, arguments: arguments.pointers, environment: variables.pointers, folder: place.pointers[0],
        options: options)
      return unsafe inquest_start_traced(&start, &failure)
    }
    guard child > 0 else { throw .cannotStart(errno: -child) }
    sequencer.adopt(child, process: child)
    return StartedProgram(process: child, failureDescriptor: failure)
  }

  /// The next event; nil where nothing is traced any more.
  ///
  /// - Throws: ``TracingError`` where the kernel refuses to wait: that would be a fault of ours.
  package func next() throws(TracingError) -> Occurrence? {
    while position == pending.count {
      pending.removeAll(keepingCapacity: true)
      position = 0
      guard try read() else { return nil }
    }
    let turn = pending[position]
    position += 1
    return Occurrence(
      event: turn.event,
      stopped: turn.handsOver.map { StoppedThread(thread: $0.thread, process: $0.process, stop: $0.stop) })
  }

  /// Reads one report. What nobody has announced is asked for in /proc only when there is nothing else to read, and never
  /// waited for.
  ///
  /// - Returns: false where nobody is left.
  private func read() throws(TracingError) -> Bool {
    var status: Int32 = 0
    let unannounced = sequencer.unannounced
    var thread = unsafe inquest_wait(-1, &status, unannounced.isEmpty ? 1 : 0)
    if thread == 0 {
      for orphan in unannounced {
        guard let facts = ThreadFacts(of: orphan) else { continue }
        take(sequencer.identify(orphan, process: facts.process, parent: facts.parent), of: orphan, .trap)
      }
      guard pending.isEmpty else { return true }
      // They are gone already: the reports of their ends are on the way.
      thread = unsafe inquest_wait(-1, &status, 1)
    }
    if thread == -Errno.interrupted { return true }
    if thread == -Errno.noChild { return false }
    guard thread > 0 else { throw .cannotWait(errno: -thread) }
    let report = WaitReport(status: status, message: WaitReport.wantsMessage(status) ? eventMessage(thread) : nil)
    let events = sequencer.take(thread, report) { inquest_is_thread_of($0, $1) == 1 }
    let stop: WaitReport.Stop? = if case .stopped(let stop) = report { stop } else { nil }
    take(events, of: thread, stop)
    return true
  }

  /// Gives each stopped thread to the last event that tells of it; to none where its end follows.
  private func take(_ events: [TraceEvent], of thread: Int32, _ stop: WaitReport.Stop?) {
    for (index, event) in events.enumerated() {
      var handsOver: (thread: Int32, process: Int32, stop: WaitReport.Stop)?
      if let stopped = event.stoppedThread, let process = sequencer.process(of: stopped),
        !events[(index + 1)...].contains(where: { $0.stoppedThread == stopped })
      {
        // A child that is told of by its creator's stop stands in its own first one.
        let own: WaitReport.Stop = if case .stopped(_, let own) = event { own } else { .trap }
        handsOver = (stopped, process, stopped == thread ? stop ?? own : own)
      }
      pending.append(Pending(event: event, handsOver: handsOver))
    }
  }

  private func eventMessage(_ thread: Int32) -> UInt64? {
    var message: UInt64 = 0
    let result = unsafe withUnsafeMutablePointer(to: &message) {
      inquest_ptrace(Request.eventMessage, thread, 0, UInt64(UInt(bitPattern: $0)))
    }
    return result == 0 ? message : nil
  }
}

/// A program that the tracer started.
package struct StartedProgram {
  package let process: Int32
  private let failureDescriptor: Int32

  init(process: Int32, failureDescriptor: Int32) {
    self.process = process
    self.failureDescriptor = failureDescriptor
  }

  /// The errno of chdir or execvpe, once the process has ended with status 127 and never executed anything; nil where
  /// none was told.
  package func failure() -> Int32? {
    let errno = inquest_start_failure(failureDescriptor)
    return errno > 0 ? errno : nil
  }

  /// To be called when the program has executed or ended.
  package func close() { inquest_close(failureDescriptor) }
}

/// Why something could not be traced.
package enum TracingError: Error, Equatable {
  case noProgram
  case cannotStart(errno: Int32)
  case cannotWait(errno: Int32)
}

/// Numbers of errors (`include/uapi/asm-generic/errno-base.h`).
enum Errno {
  static let interrupted: Int32 = 4
  static let noChild: Int32 = 10
}
