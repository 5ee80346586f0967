internal import CLinux
internal import Machine

/// What PTRACE_GET_SYSCALL_INFO tells in a stop (`struct ptrace_syscall_info`, `include/uapi/linux/ptrace.h`; Linux 5.3):
/// the one sure way to tell the entry of a system call from its exit. Counting stops is none: an exec, a seccomp filter or
/// a restarted call spoils the count.
package struct SystemCallStop: Sendable {
  package enum Phase: Sendable {
    /// It is about to do a call. `number` is of ``architecture``; -1 where a tracer or filter took the call away.
    case entry(number: Int, arguments: InlineArray<6, UInt64>)
    /// It has done it. `result` is negative, an errno, where `isError`. Restarts show as errno 512 to 516.
    case exit(result: Int64, isError: Bool)
    /// A seccomp filter said SECCOMP_RET_TRACE with `data`; the call has not been done.
    case seccomp(number: Int, arguments: InlineArray<6, UInt64>, data: UInt32)
  }

  package let phase: Phase
  /// AUDIT_ARCH_ of `include/uapi/linux/audit.h`: ``native``, or that of a 32-bit program.
  package let architecture: UInt32
  /// Addresses in the target.
  package let instructionPointer: UInt64
  package let stackPointer: UInt64

  /// Whether the numbers of calls are those of this host's 64-bit programs.
  package var isNative: Bool { architecture == Self.native }

  /// The AUDIT_ARCH_ of this host's 64-bit programs.
  package static let native = SeccompFilter.auditArchitecture(.host)

  /// nil where the stop has nothing to do with a system call, the thread is gone, or the kernel is older than 5.3.
  init?(of thread: Int32) {
    // op, three bytes of padding, arch, ip, sp, then what depends on op.
    var words = InlineArray<12, UInt64>(repeating: 0)
    let size = 96
    let count = unsafe withUnsafeMutableBytes(of: &words) { bytes in
      inquest_ptrace(
        Request.systemCallInformation, thread, UInt64(size), UInt64(UInt(bitPattern: bytes.baseAddress)))
    }
    guard count >= 24 else { return nil }
    architecture = UInt32(truncatingIfNeeded: words[0] >> 32)
    instructionPointer = words[1]
    stackPointer = words[2]
    func call() -> (number: Int, arguments: InlineArray<6, UInt64>) {
      (Int(truncatingIfNeeded: words[3]), InlineArray { words[4 + $0] })
    }
    switch words[0] & 0xff {
    case 1:
      let call = call()
      phase = .entry(number: call.number, arguments: call.arguments)
    case 2: phase = .exit(result: Int64(bitPattern: words[3]), isError: words[4] & 0xff != 0)
    case 3:
      let call = call()
      phase = .seccomp(
        number: call.number, arguments: call.arguments, data: UInt32(truncatingIfNeeded: words[10]))
    default: return nil
    }
  }
}

extension StoppedThread {
  /// What system call it stopped in, and where in it (PTRACE_GET_SYSCALL_INFO); nil where it stopped for something else or
  /// is gone.
  package borrowing func systemCall() -> SystemCallStop? { SystemCallStop(of: thread) }
}
