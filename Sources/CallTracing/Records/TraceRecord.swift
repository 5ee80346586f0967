package import Tracing

/// What the tracer saw in one stop, as little worked on as can be: the thread waits until it is written down.
package struct TraceRecord: Sendable {
  /// Nanoseconds on the monotonic clock.
  package let time: UInt64
  package let thread: Int32
  package let process: Int32
  package let kind: Kind

  package enum Kind: Sendable {
    /// A system call begins. `stack` is a number of ``StackTable``, 0 for none.
    case entry(number: Int, arguments: InlineArray<6, UInt64>, captured: Captured, stack: Int32)
    /// The call that its thread was in has ended.
    case exit(result: Int64, isError: Bool, captured: Captured)
    /// A call of a 32-bit program began, of which only the number is known.
    case foreign(number: Int)
    case born(creator: Int32?)
    /// It ran before, and is followed from now on.
    case attached
    /// `creator` is told later than the birth.
    case creation(child: Int32)
    /// The process executes another program from now on; `former` is the thread that asked for it.
    case executed(former: Int32, program: String)
    /// A signal is about to be delivered. What was captured is its siginfo, at address 0.
    case signal(Int32, captured: Captured)
    /// A stop signal has stopped the whole process.
    case groupStop(Int32)
    case ended(TraceEvent.End)
    case processEnded(TraceEvent.End)
    /// A function of a library is called or returns.
    case function(index: Int32, arguments: InlineArray<6, UInt64>, captured: Captured, stack: Int32)
    case functionReturned(index: Int32, value: UInt64, captured: Captured)
    /// A descriptor was looked at: what `/proc` says of it.
    case descriptor(DescriptorState)
  }

  /// Which of its batch's pieces belong to a record.
  package struct Captured: Sendable {
    package let first: Int32
    package let count: Int32

    package static let none = Captured(first: 0, count: 0)
  }

  package init(time: UInt64, thread: Int32, process: Int32, kind: Kind) {
    self.time = time
    self.thread = thread
    self.process = process
    self.kind = kind
  }
}

/// What `/proc/PID/fdinfo` and `/proc/PID/fd` say of an open descriptor.
package struct DescriptorState: Sendable {
  package let descriptor: Int32
  /// Bytes from the file's start; where a sequence of calls has got to.
  package let offset: UInt64?
  /// Bytes of the file; nil for what is no file.
  package let size: UInt64?
  /// Where the link leads.
  package let path: String?
  package let moment: Moment

  /// When it was looked at.
  package enum Moment: Sendable {
    /// Its process began to be followed, and had it open.
    case before
    /// It is about to be closed.
    case closing
    /// Its process ends with it open.
    case atEnd
    /// Its process is followed no more, and has it open.
    case left
  }

  package init(descriptor: Int32, offset: UInt64?, size: UInt64?, path: String?, moment: Moment) {
    self.descriptor = descriptor
    self.offset = offset
    self.size = size
    self.path = path
    self.moment = moment
  }
}
