internal import Disassembly
internal import Machine
internal import Targets
internal import Unwinding

extension Investigation {
  /// What to look at next where ``diagnose()`` recognised nothing, most promising first.
  public func nextSteps() -> [String] {
    var steps: [String] = []
    guard let thread = target.signalledThread else {
      return ["The dump holds no thread: it was cut. Get a whole one (`ulimit -c unlimited`; is the disk full?)."]
    }
    if target.modules.contains(where: \.isMismatched) {
      steps.append(
        "Files at hand are not the ones that ran (see what is missing below): give the right ones with --sysroot or --exe."
      )
    } else if target.modules.contains(where: { $0.file == nil && $0.path.hasPrefix("/") }) {
      steps.append(
        "Files of modules are missing: give the root of the system that it ran on with --sysroot, then try again.")
    }
    guard let crash = crashes.last else {
      steps.append(
        "Nothing tells of a signal: this may be a dump of a live process (gcore). No circle of locks and no lock without an "
          + "owner was found; what each thread waits for stands with its stack.")
      if let other = unreadLocks { steps.append(other) }
      if target.threads.count > 1 { steps.append("All stacks: `inquest core --threads all`.") }
      return steps
    }
    let walk = crash.walk
    switch walk.ending {
    case .outermost: break
    case .noRule(let pc):
      steps.append(
        "The stack could not be walked beyond \(hex(pc)): find the file of that code, or look at `examine CORE stack`.")
    case .unreadable(let address):
      steps.append(
        "The stack's memory at \(hex(address)) was not dumped: /proc/PID/coredump_filter, or the dump is cut.")
    case .noProgress, .notCode:
      steps.append("The stack of thread \(thread.tid) is overwritten: look at `inquest examine CORE memory $sp`.")
    case .noRegisters:
      steps.append("The registers of thread \(thread.tid) are not in the dump: it was cut.")
    }
    steps.append("What the processor was doing: `inquest examine CORE disassemble` and `registers`.")
    if let pc = crash.registers.instructionPointer(architecture), crash.signal.isSent {
      steps.append(
        "The signal was sent, not raised by a fault: who sends \(crash.signal.name)? The thread was at \(place(pc)).")
    }
    if target.threads.count > 1 {
      steps.append("What the other \(target.threads.count - 1) threads were doing: `inquest core --threads all`.")
    }
    steps.append(
      "If it happens again: build with -fsanitize=address or run under `valgrind`, which tell more than a dump.")
    return steps
  }
}
