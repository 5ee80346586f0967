internal import Disassembly
internal import Machine
internal import Targets
internal import Unwinding

/// A seccomp filter refused a system call and answered with SIGSYS.
enum ForbiddenSystemCall {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard crash.signal.number == SignalInfo.systemCallSignal, !crash.signal.isSent else { return nil }
    let isX86 = investigation.architecture == .x86_64
    // In the state that was dumped the number is at hand twice.
    let number = crash.signal.systemCall?.number ?? crash.thread.systemCall.flatMap { Int32(exactly: $0) }
    let name = number.map { number in
      (isX86 ? SystemCallNames.x86_64[number] : SystemCallNames.aarch64[number]) ?? "system call \(number)"
    }
    // AUDIT_ARCH_I386: the filter was asked about a 32-bit call.
    let isForeign = crash.signal.systemCall.map { $0.architecture == 0x4000_0003 } ?? false
    let what = isForeign ? "a 32-bit system call, number \(number ?? 0)" : name ?? "a system call"
    let pc = crash.pc(investigation.architecture)
    var evidence = [
      Evidence(
        "the kernel reports SIGSYS, SYS_SECCOMP\(number.map { ", system call \($0)" } ?? ""): \(what)",
        address: crash.signal.systemCall?.address),
      investigation.evidence("it was made at \(investigation.place(pc &- 1))", of: pc &- (isX86 ? 2 : 4)),
    ]
    let callers = crash.walk.frames.dropFirst().prefix(3).map { investigation.function($0.lookupAddress) }
    if !callers.isEmpty { evidence.append(Evidence("called from " + callers.joined(separator: ", from "))) }
    return Finding(
      hazard: .forbiddenSystemCall, certainty: .proved, thread: crash.thread.tid,
      statement: "A seccomp filter forbids \(what), and the program made it.", evidence: evidence,
      remedies: [
        "Allow \(what) in the filter (container: the seccomp profile; systemd: SystemCallFilter=; a browser's or "
          + "service's own sandbox), or keep the program from calling it.",
        "A new libc may use newer calls than the filter knows (clone3, faccessat2, rseq): a filter should answer ENOSYS "
          + "to what it does not know.",
      ])
  }
}
