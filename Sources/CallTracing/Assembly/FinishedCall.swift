package import SystemCalls

/// A system call from its entry to its exit, with the memory that it refers to.
package struct FinishedCall {
  package let thread: Int32
  package let process: Int32
  /// Nanoseconds on the monotonic clock.
  package let begin: UInt64
  package let end: UInt64
  package let observed: ObservedCall
  package let signature: CallSignature?
  package let memory: PairedMemory
  /// A number of ``StackTable``, 0 for none.
  package let stack: Int32
  /// Whether anything else was told between its entry and its exit.
  package let wasOvertaken: Bool

  /// Whether it failed.
  package var isError: Bool { if case .failed = observed.outcome { true } else { false } }

  package var duration: UInt64 { end >= begin ? end - begin : 0 }

  /// The call's name, or its number.
  package var name: String {
    if let signature { return signature.name }
    return "call_\(observed.number)"
  }
}

/// What was copied at a call's entry, and at its exit.
package struct PairedMemory: CallMemory {
  package let entry: CapturedMemory
  package let exit: CapturedMemory

  package func read(_ address: UInt64, _ count: Int, _ moment: CallMoment) -> ArraySlice<UInt8> {
    if moment == .exit { return exit.read(address, count, .exit) }
    let first = entry.read(address, count, .entry)
    return first.isEmpty ? exit.read(address, count, .entry) : first
  }
}

/// A library function's call, or its return.
package struct FunctionCall {
  package let index: Int32
  package let arguments: InlineArray<6, UInt64>
  package let memory: CapturedMemory
  package let stack: Int32
  /// nil at the call.
  package let value: UInt64?
  /// When it was called; where this is the return.
  package let begin: UInt64?
}

/// Anything that is told of what was followed, in order.
package enum TraceItem {
  case call(FinishedCall)
  /// A call that has not ended for a while, or whose thread has ended.
  case unfinished(FinishedCall, isWaiting: Bool)
  case foreign(number: Int)
  case function(FunctionCall)
  case born(creator: Int32?)
  case attached
  case creation(child: Int32)
  case executed(former: Int32, program: String)
  case signal(Int32, information: ArraySlice<UInt8>)
  case groupStop(Int32)
  case ended(EndOfThread)
  case processEnded(EndOfThread)
  case descriptor(DescriptorState)
}

/// How a thread or process ended.
package enum EndOfThread: Sendable, Equatable {
  case exited(status: Int32)
  case killed(signal: Int32, dumpedCore: Bool)
  /// Another thread of its process executed a program.
  case replaced
  /// With its process; the kernel told nothing of it alone.
  case untold
  /// It was let go, and runs on.
  case left
}

/// Takes what was followed, and makes something of it.
package protocol TraceSink: AnyObject {
  /// - Parameters:
  ///   - time: nanoseconds on the monotonic clock.
  ///   - thread, process: whose doing it is.
  func take(_ item: TraceItem, time: UInt64, thread: Int32, process: Int32)
  /// Nothing has come for a moment: what was written should be seen.
  func pause()
  /// All has been told.
  func finish()
}

extension TraceSink {
  package func pause() {}
}
