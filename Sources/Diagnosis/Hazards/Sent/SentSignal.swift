internal import Machine
internal import Targets
internal import Unwinding

/// A signal that nothing in the program's own course raised: another process, the terminal or a limit sent it.
enum SentSignal {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    let signal = crash.signal
    guard crash.trampoline == nil, let code = signal.code else { return nil }
    if code == SignalInfo.kernel { return fromKernel(crash) }
    guard signal.isSent, let sender = signal.senderPID else { return nil }
    let process = investigation.target.process
    let isOwn = sender == process.pid
    let ways = code == SignalInfo.tkill ? "tgkill" : code == SignalInfo.queue ? "sigqueue" : "kill"
    var evidence = [
      Evidence(
        "siginfo: \(signal.name), si_code \(code) (\(ways)), si_pid \(sender)"
          + (signal.senderUID.map { ", si_uid \($0)" } ?? "") + (process.pid.map { "; this process is \($0)" } ?? ""))
    ]
    let place = investigation.place(crash.pc(investigation.architecture))
    evidence.append(investigation.evidence("the thread was at \(place)", of: crash.pc(investigation.architecture)))
    guard isOwn else {
      let who =
        sender == 0
        ? "the kernel, or a process outside of this one's pid namespace"
        : sender == process.parentPID ? "its parent, process \(sender)" : "process \(sender)"
      let isWatchdog = signal.number == SignalInfo.abort && (sender == 1 || sender == process.parentPID)
      return Finding(
        hazard: .signalFromOutside, certainty: .proved, thread: crash.thread.tid,
        statement: "\(signal.name) was sent by \(who). The program did not crash."
          + (isWatchdog ? " A service manager sends SIGABRT when its watchdog has had no answer." : ""),
        evidence: evidence,
        refutedBy: "a sender that forged its siginfo (rt_sigqueueinfo)",
        remedies: [
          "Find process \(sender): `journalctl _PID=\(sender)`, the supervisor's log, or an audit rule on kill "
            + "(`auditctl -a always,exit -S kill,tgkill`).",
          isWatchdog ? "For systemd's watchdog see WatchdogSec=; what the threads were doing is below." : "",
        ].filter { !$0.isEmpty })
    }
    let caller = crash.walk.frames.dropFirst().map(\.lookupAddress)
      .first { !raisers.contains(investigation.rawName(at: $0)) }
    return Finding(
      hazard: .ownSignal, certainty: .proved, thread: crash.thread.tid,
      statement: "The process sent \(signal.name) to itself"
        + (caller.map { ", from \(investigation.function($0))." } ?? "."),
      evidence: evidence, refutedBy: "a sender that forged its siginfo (rt_sigqueueinfo)",
      remedies: ["Look at why it did: `inquest examine CORE stack --thread \(crash.thread.tid)`."])
  }

  private static let raisers: Set<String> = [
    "raise", "__GI_raise", "gsignal", "__pthread_kill_implementation", "__pthread_kill_internal", "pthread_kill",
    "__pthread_kill", "kill", "__GI_kill", "__GI___pthread_kill", "tgkill", "tkill",
  ]

  /// Signals that the kernel raises for reasons of its own.
  private static func fromKernel(_ crash: Crash) -> Finding? {
    let reasons: [Int32: (String, String)] = [
      2: ("the terminal's interrupt key (Ctrl-C) was pressed", "Nothing: somebody ended it."),
      3: ("the terminal's quit key (Ctrl-\\) was pressed", "Nothing: somebody asked for the core."),
      24: ("it used up its limit of processor time", "`ulimit -t`, RLIMIT_CPU, or LimitCPU= of its unit."),
      25: ("it wrote a file beyond its limit of file size", "`ulimit -f`, RLIMIT_FSIZE, or LimitFSIZE= of its unit."),
    ]
    guard let (reason, remedy) = reasons[crash.signal.number] else { return nil }
    return Finding(
      hazard: .signalFromOutside, certainty: .proved, thread: crash.thread.tid,
      statement: "The kernel sent \(crash.signal.name): \(reason).",
      evidence: [Evidence("siginfo: \(crash.signal.name), si_code SI_KERNEL")], remedies: [remedy])
  }
}
