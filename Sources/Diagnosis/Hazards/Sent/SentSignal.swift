internal import Machine
internal import Targets
internal import Unwinding

/// A signal that nothing in the program's own course raised: another process, the terminal or a limit sent it.
enum SentSignal {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    let signal = crash.signal
    guard let code = signal.code else { return nil }
    if code == SignalInfo.kernel { return fromKernel(crash) }
    if let finding = fromFacility(investigation, crash, code) { return finding }
    guard signal.isSent, let sender = signal.senderPID else { return nil }
    let process = investigation.target.process
    let isOwn = sender == process.pid
    // What a handler was called for by the process itself is no cause; what came from outside is.
    guard !isOwn || crash.trampoline == nil else { return nil }
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
          investigation.unreadLocks ?? "",
        ].filter { !$0.isEmpty })
    }
    let frames = Array(crash.walk.frames.prefix(24))
    let names = investigation.rawNames(of: frames)
    let isSender = names.prefix(3).contains { raisers.contains($0) } || isSending(crash, investigation.architecture)
    let caller =
      isSender
      ? zip(frames, names).prefix { !$0.0.isSignalTrampoline }.first { frame, name in
        !raisers.contains(name) && (!name.isEmpty || !isLibrary(frame, investigation))
      }?.0 : nil
    return Finding(
      hazard: .ownSignal, certainty: .proved, thread: crash.thread.tid,
      statement: isSender
        ? "The process sent \(signal.name) to itself"
          + (caller.map { ", from \(investigation.function($0.lookupAddress))." } ?? ".")
          + (crash.walk.frames.contains(where: \.isSignalTrampoline)
            ? " It did so in a signal handler: what that was called for came first, and may have come from outside."
            : "")
        : "The process sent \(signal.name) to itself, but not from where the thread that took it stands: another thread "
          + "did, or this one earlier, while the signal was blocked.",
      evidence: evidence, refutedBy: "a sender that forged its siginfo (rt_sigqueueinfo)",
      remedies: [
        isEmulator(investigation)
          ? "This is the core of the emulator. That of the program which it ran is beside it: qemu_NAME_DATE_PID.core."
          : nil,
        isSender
          ? "Look at why it did: `inquest examine CORE stack --thread \(crash.thread.tid)`."
          : "Look for the sender among the other threads: `inquest core --threads all`; break on kill, tgkill, "
            + "pthread_kill, sigqueue.",
      ].compactMap { $0 })
  }

  /// Whether the process was qemu-user, which sends itself the signal that its guest has died of.
  private static func isEmulator(_ investigation: Investigation) -> Bool {
    investigation.target.modules.first.map { $0.name.hasPrefix("qemu-") && $0.name != "qemu-img" } ?? false
  }

  /// Whether the frame is one of libc's, which may have no names.
  private static func isLibrary(_ frame: Frame, _ investigation: Investigation) -> Bool {
    investigation.target.moduleIndex(containing: frame.lookupAddress) == investigation.libraryModule
  }

  /// Whether the thread is in a system call that sends signals.
  private static func isSending(_ crash: Crash, _ architecture: Architecture) -> Bool {
    guard let number = crash.thread.systemCall else { return false }
    // kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo.
    return architecture == .x86_64
      ? [62, 200, 234, 129, 297].contains(number) : [129, 130, 131, 138, 240].contains(number)
  }

  /// A signal from something that the program set up itself: a timer, a file's notification, a message queue.
  private static func fromFacility(_ investigation: Investigation, _ crash: Crash, _ code: Int32) -> Finding? {
    // si_code: SI_TIMER, SI_MESGQ, SI_ASYNCIO, SI_SIGIO (sigaction(2)).
    let facilities: [Int32: (String, String)] = [
      -2: ("a timer of the process itself ran out", "timer_create with SIGEV_SIGNAL"),
      -3: ("a message came to a queue", "mq_notify with SIGEV_SIGNAL"),
      -4: ("an asynchronous read or write was done", "aio_read, aio_write and lio_listio with SIGEV_SIGNAL"),
      -5: ("a file became ready", "fcntl with F_SETSIG, F_SETOWN and O_ASYNC"),
    ]
    guard let (reason, calls) = facilities[code] else { return nil }
    let pc = crash.pc(investigation.architecture)
    return Finding(
      hazard: .ownSignal, certainty: .proved, thread: crash.thread.tid,
      statement: "\(crash.signal.name) came because \(reason), and nothing handled it. No instruction faulted.",
      evidence: [
        Evidence("siginfo: \(crash.signal.name), si_code \(code)"),
        investigation.evidence("the thread was at \(investigation.place(pc))", of: pc),
      ],
      refutedBy: "a sender that forged its siginfo (rt_sigqueueinfo)",
      remedies: ["Handle \(crash.signal.name), or ask for another signal, where it was set up: \(calls)."])
  }

  private static let raisers: Set<String> = [
    "raise", "__GI_raise", "gsignal", "__pthread_kill_implementation", "__pthread_kill_internal", "pthread_kill",
    "__pthread_kill", "kill", "__GI_kill", "__GI___pthread_kill", "tgkill", "tkill", "sigqueue", "__GI_sigqueue",
    "pthread_sigqueue", "killpg", "syscall",
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
      hazard: .signalFromKernel, certainty: .proved, thread: crash.thread.tid,
      statement: "The kernel sent \(crash.signal.name): \(reason).",
      evidence: [Evidence("siginfo: \(crash.signal.name), si_code SI_KERNEL")], remedies: [remedy])
  }
}
