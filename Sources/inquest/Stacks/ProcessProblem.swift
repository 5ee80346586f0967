import ArgumentParser
import CLinux
import Processes
import Reporting

/// Says why a process cannot be looked at, and what mends it.
enum ProcessProblem {
  /// Says it on standard error; the exit status is what is returned.
  static func told(_ error: ProcessError) -> ExitCode {
    // On the user's own screen, where a live view was shown.
    inquest_leave_screen()
    StandardStreams.complain(text(error))
    switch error {
    case .noProcess, .ended, .zombie: return ExitStatus.notFound
    default: return ExitStatus.unreadable
    }
  }

  private static func text(_ error: ProcessError) -> String {
    switch error {
    case .unreadable(let path, let errno):
      errno == 2 || errno == 3
        ? "the process has ended: \(path) is gone" : "cannot read \(path): \(SystemErrors.text(errno))"
    case .noProcess(let process): "there is no process \(process)"
    case .zombie(let process):
      "process \(process) has ended; only its exit status is left, which its parent"
        + (ProcessFacts.ofProcess(process).map { ", process \($0.parent)," } ?? "") + " has not asked for"
    case .kernelThread(let process):
      "process \(process) is a thread of the kernel: /proc/\(process)/stack tells what it does"
    case .unsupportedMachine(let process): "process \(process) is no 64-bit program of this machine"
    case .ourselves: "inquest cannot stop itself"
    case .ended(let process): "process \(process) ended while it was looked at"
    case .contradiction(let process): "what /proc tells of process \(process) makes no sense"
    case .noMemory(let errno): "there is not enough memory: \(SystemErrors.text(errno))"
    case .refused(let process, let refusal): "process \(process) may not be traced: " + text(refusal, process)
    }
  }

  private static func text(_ refusal: TraceRefusal, _ process: Int32) -> String {
    switch refusal {
    case .traced(let tracer, let name):
      "\(name.map { "\($0) (process \(tracer))" } ?? "process \(tracer)") traces it already, and only one can"
    case .otherUser(let user):
      "it belongs to user \(user); run `sudo inquest stacks \(process)`"
    case .scope(1):
      "kernel.yama.ptrace_scope is 1, which allows only a process's own descendants to be traced; run "
        + "`sudo inquest stacks \(process)`, or allow it to all with `sudo sysctl kernel.yama.ptrace_scope=0`"
    case .scope(2):
      "kernel.yama.ptrace_scope is 2, which allows it to administrators only; run `sudo inquest stacks \(process)`"
    case .scope(let scope):
      "kernel.yama.ptrace_scope is \(scope), which forbids it to everybody until the next boot"
    case .notDumpable:
      "it guards secrets of its user, or has changed its privileges (PR_SET_DUMPABLE); run "
        + "`sudo inquest stacks \(process)`"
    case .forbiddenCall:
      "ptrace is forbidden here, as by a container's seccomp filter; start the container with "
        + "`--cap-add=SYS_PTRACE`, or run inquest outside of it"
    case .userNamespace:
      "inquest runs in a user namespace, in which its privileges end, and the process is not of that; run "
        + "`sudo inquest stacks \(process)` outside of it"
    case .unknown(let errno): SystemErrors.text(errno)
    }
  }
}
