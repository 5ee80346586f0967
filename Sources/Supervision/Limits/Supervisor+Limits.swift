internal import Processes
internal import Tracing

/// What is not as it would be without us, and is said, once each.
extension Supervisor {
  /// Lets a thread go on; one of a program that traces others, to its next system call.
  func letRun(_ thread: consuming StoppedThread, delivering signal: Int32? = nil) {
    let stopsForCalls = tracersWithin.watches(thread.process)
    thread.resume(untilSystemCall: stopsForCalls, delivering: signal)
  }

  func sawCall(_ identity: TraceEvent.Identity, _ thread: borrowing StoppedThread) {
    guard tracersWithin.watches(identity.process), let call = thread.systemCall(),
      let attempt = tracersWithin.saw(call, identity.thread)
    else { return }
    let name = processes[identity.process]?.name ?? ""
    let what: String
    switch attempt {
    case .byParent: what = "asks to be traced by the process that made it"
    case .of(let process):
      // Anything else may have refused that of others, and in another namespace it is another process.
      guard let target = tracer.process(of: process) else { return }
      what = "tries to trace process \(target)"
    }
    witness.remark(
      "\(name) (pid \(identity.process)) \(what): refused by the kernel, since inquest traces the whole tree, and a process "
        + "has one tracer at most.")
    tracersWithin.tell(name)
  }

  /// Says where a program did not get the privilege that its file gives, since it is traced by us.
  func noteLostPrivilege(of process: Int32, _ name: String) {
    guard !mayTracePrivileged, let lost = LostPrivilege(of: process) else { return }
    let words = lost.words
    guard privilegesTold.count < 64, privilegesTold.insert("\(name) \(words)").inserted else { return }
    witness.remark(
      "\(name) (pid \(process)) runs without the privilege that it has alone (\(words)): the kernel gives none to programs "
        + "that somebody without CAP_SYS_PTRACE traces. Run inquest as root.")
  }
}
