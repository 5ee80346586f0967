/// Why something could not be traced.
package enum TracingError: Error, Equatable {
  case noProgram
  case cannotStart(errno: Int32)
  case cannotWait(errno: Int32)
  /// The kernel gives no timer.
  case noClock(errno: Int32)
  /// There is no such process, or it has ended and only its parent has not been told.
  case noProcess(Int32)
  /// A kernel thread.
  case notAProgram(Int32)
  /// Another tracer, by its thread's id, has it already.
  case alreadyTraced(Int32, by: Int32)
  /// The kernel does not let us: another user's, Yama, or a container's seccomp filter.
  case notPermitted(Int32, errno: Int32)
}
