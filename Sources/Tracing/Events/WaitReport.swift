/// What `waitpid` tells of a traced thread (`man 2 ptrace`, "Stopped states").
package enum WaitReport: Hashable, Sendable {
  /// It ended by `exit` or `exit_group`, with this status.
  case exited(status: Int32)
  /// A signal killed it.
  case killed(signal: Int32, dumpedCore: Bool)
  /// It stopped, and stays so until it is resumed.
  case stopped(Stop)

  /// Why a thread stopped. Stops are told apart as `PTRACE_SEIZE` makes them; under `PTRACE_TRACEME` a newborn's first
  /// stop and a real SIGSTOP look the same.
  package enum Stop: Hashable, Sendable {
    /// A signal is about to be delivered.
    case signal(Int32)
    /// A stop signal stopped the whole thread group (PTRACE_EVENT_STOP with that signal).
    case group(signal: Int32)
    /// PTRACE_EVENT_STOP with SIGTRAP: a newborn's first stop, an interrupt that was asked for, or the end of a group
    /// stop.
    case trap
    /// The entry or the exit of a system call (SIGTRAP with bit 7, PTRACE_O_TRACESYSGOOD).
    case systemCall
    /// A seccomp filter said SECCOMP_RET_TRACE, with these 16 bits of data.
    case seccomp(data: UInt64)
    /// It made a thread or a process. `child` is its id in the tracer's pid namespace.
    case birth(Birth, child: Int32)
    /// The child of a vfork has released its parent's memory.
    case vforkDone(child: Int32)
    /// It executed another program. `former` is the id that the thread had before it became the leader.
    case exec(former: Int32)
    /// It is about to end; `status` is what `wait` will tell.
    case exiting(status: Int32)
    /// An event that this kernel knows and this engine does not, or one whose message could not be read any more:
    /// a SIGKILL has ended the stop.
    case unknown(event: Int32, signal: Int32)
  }

  /// By which system call a thread was made, as the kernel sorts them: by the exit signal and the flags.
  package enum Birth: Hashable, Sendable {
    case fork, vfork, clone
  }

  /// - Parameters:
  ///   - status: what `waitpid` gave.
  ///   - message: what `PTRACE_GETEVENTMSG` gave in this stop; nil where it failed, or was not asked.
  package init(status: Int32, message: UInt64?) {
    let low = status & 0x7f
    let signal = (status >> 8) & 0xff
    if low == 0 {
      self = .exited(status: signal)
    } else if status & 0xff != 0x7f {
      self = .killed(signal: low, dumpedCore: status & 0x80 != 0)
    } else {
      self = .stopped(Stop(signal: signal, event: status >> 16 & 0xff, message: message))
    }
  }

  /// Whether `PTRACE_GETEVENTMSG` is needed to understand a status.
  package static func wantsMessage(_ status: Int32) -> Bool {
    let event = status >> 16 & 0xff
    return status & 0xff == 0x7f && event != 0 && event != PtraceEvent.stop
  }
}

extension WaitReport.Stop {
  init(signal: Int32, event: Int32, message: UInt64?) {
    // Ids of threads are in the message, and must fit.
    let tid = message.flatMap { Int32(exactly: $0) }
    switch (event, tid) {
    case (0, _): self = signal == (5 | 0x80) ? .systemCall : .signal(signal)
    case (PtraceEvent.stop, _): self = signal == 5 ? .trap : .group(signal: signal)
    case (PtraceEvent.fork, let child?): self = .birth(.fork, child: child)
    case (PtraceEvent.vfork, let child?): self = .birth(.vfork, child: child)
    case (PtraceEvent.clone, let child?): self = .birth(.clone, child: child)
    case (PtraceEvent.vforkDone, let child?): self = .vforkDone(child: child)
    case (PtraceEvent.exec, let former?): self = .exec(former: former)
    case (PtraceEvent.exit, let status?): self = .exiting(status: status)
    case (PtraceEvent.seccomp, _) where message != nil: self = .seccomp(data: message ?? 0)
    default: self = .unknown(event: event, signal: signal)
    }
  }
}

/// The events of `include/uapi/linux/ptrace.h`.
package enum PtraceEvent {
  package static let fork: Int32 = 1
  package static let vfork: Int32 = 2
  package static let clone: Int32 = 3
  package static let exec: Int32 = 4
  package static let vforkDone: Int32 = 5
  package static let exit: Int32 = 6
  package static let seccomp: Int32 = 7
  package static let stop: Int32 = 128
}
