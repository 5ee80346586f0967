/// Why a process cannot be looked at.
package enum ProcessError: Error, Equatable {
  /// A file of /proc cannot be read (errno(3)): ENOENT or ESRCH where the process is gone.
  case unreadable(path: String, errno: Int32)
  /// There is no process with this id.
  case noProcess(Int32)
  /// It has ended, and its parent has not collected it: there is nothing left of it but its exit status.
  case zombie(Int32)
  /// It is a thread of the kernel, which has no memory of its own.
  case kernelThread(Int32)
  /// It is a 32-bit program, or one for another machine.
  case unsupportedMachine(Int32)
  /// It is this very process.
  case ourselves(Int32)
  /// It may not be traced; the reason is told apart by ``TraceRefusal``.
  case refused(Int32, TraceRefusal)
  /// It ended while it was looked at.
  case ended(Int32)
  /// What was read of it makes no sense.
  case contradiction(Int32)
  /// This process has no memory left.
  case noMemory(errno: Int32)
}
