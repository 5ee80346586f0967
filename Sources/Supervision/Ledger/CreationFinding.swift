internal import Diagnosis
internal import Reporting

/// Why pthread_create failed: EAGAIN stands for five different limits.
struct CreationFinding {
  let failure: CreationFailure
  let count: Int
  let at: UInt32

  init(_ failure: CreationFailure, count: Int, at: UInt32) {
    (self.failure, self.count, self.at) = (failure, count, at)
  }

  private struct Reason {
    let text: String
    let certainty: Certainty
    let evidence: String
    let remedies: [String]
  }

  var finding: Finding {
    let reason = reason
    let callers = failure.stack?.frames(from: failure.returnAddress) ?? []
    let caller = callers.first.map { ", called by \($0)," } ?? ""
    let times = count > 1 ? " \(LedgerWords.grouped(count)) times" : ""
    var evidence = [
      Evidence(
        "thread \(failure.thread) called pthread_create, which returned \(failure.error) "
          + "(\(LedgerWords.error(failure.error))), after \(LedgerWords.seconds(at))"),
      Evidence(reason.evidence),
    ]
    let had = failure.circumstances
    evidence.append(
      Evidence(
        "the process had \(LedgerWords.count(had.living, "living thread")), and "
          + "\(LedgerWords.grouped(had.notJoined)) that had ended and waited to be joined"))
    if !callers.isEmpty { evidence.append(Evidence("called by \(LedgerWords.chain(callers))")) }
    return Finding(
      hazard: .threadCreationFailed, certainty: reason.certainty, thread: failure.thread,
      statement: "pthread_create\(caller) failed with \(LedgerWords.error(failure.error))\(times): \(reason.text).",
      evidence: evidence, remedies: reason.remedies)
  }

  private var reason: Reason {
    let had = failure.circumstances
    guard failure.error == 11 || failure.error == 12 else {
      return Reason(
        text: failure.error == 22 ? "its attributes are invalid" : "its scheduling is not permitted",
        certainty: .likely,
        evidence: "libc gives this error for nothing else",
        remedies: ["Look at the pthread_attr_t that it was given."])
    }
    // A thread takes two mappings: its stack and the guard.
    if let most = had.mostMappings, had.mappings + 3 >= most {
      let leak = had.notJoined > had.living
      return Reason(
        text: "the process has all the mappings it may have (vm.max_map_count, \(LedgerWords.grouped(most)))"
          + (leak ? ", most of them stacks of threads that ended and were never joined" : ""),
        certainty: .proved,
        evidence:
          "it had \(LedgerWords.grouped(had.mappings)) mappings; vm.max_map_count is \(LedgerWords.grouped(most))",
        remedies: leak
          ? ["Join the threads, or detach them: each keeps two mappings until then."]
          : ["Use fewer threads or mappings, or raise the limit: `sysctl -w vm.max_map_count=262144`."])
    }
    // Nobody has 64 GiB of address space in one piece to give away by mistake.
    if let size = had.stackSize, size >= 64 << 30 {
      return Reason(
        text: "the stack that it asks for, \(Quantities.bytes(size)), is larger than what can be mapped",
        certainty: .likely,
        evidence: "its pthread_attr_t says a stack of \(Quantities.bytes(size))",
        remedies: ["Ask for a smaller stack (pthread_attr_setstacksize)."])
    }
    if let most = had.mostGroupThreads, let now = had.groupThreads, now + 1 >= most {
      return Reason(
        text: "its control group has all the tasks it may have (pids.max, \(LedgerWords.grouped(most)))",
        certainty: .likely,
        evidence: "pids.current was \(LedgerWords.grouped(now)), pids.max is \(LedgerWords.grouped(most))",
        remedies: ["Raise pids.max (docker: --pids-limit; systemd: TasksMax=), or use fewer threads."])
    }
    if let most = had.mostAddressSpace,
      had.addressSpace &+ (8 << 20) >= most || failure.error == 11 && had.addressSpace > most / 2
    {
      return Reason(
        text: "its address space is used up (RLIMIT_AS, \(Quantities.bytes(most)))", certainty: .likely,
        evidence: "it had \(Quantities.bytes(had.addressSpace)); the limit is \(Quantities.bytes(most)), and a stack "
          + "takes 8 MiB unless its attributes say otherwise",
        remedies: ["Raise `ulimit -v`, or give threads smaller stacks (pthread_attr_setstacksize)."])
    }
    if let most = had.mostProcesses, had.living + 1 >= most {
      return Reason(
        text: "its user has all the threads it may have (RLIMIT_NPROC, \(LedgerWords.grouped(most)))",
        certainty: .likely,
        evidence: "it alone had \(LedgerWords.grouped(had.living)); `ulimit -u` is \(LedgerWords.grouped(most))",
        remedies: ["Raise `ulimit -u`, or use fewer threads."])
    }
    if let most = had.mostProcesses, most < 4096 {
      return Reason(
        text: "its user may have no more threads, most likely (RLIMIT_NPROC, \(LedgerWords.grouped(most)))",
        certainty: .possible, evidence: "`ulimit -u` is \(LedgerWords.grouped(most)), for all processes of the user",
        remedies: ["Raise `ulimit -u`, or use fewer threads."])
    }
    return Reason(
      text: "none of the limits that are known was reached", certainty: .possible,
      evidence: "it had \(LedgerWords.grouped(had.mappings)) mappings"
        + (had.mostMappings.map { " of \(LedgerWords.grouped($0))" } ?? ""),
      remedies: ["Is memory short (`dmesg`, the control group's memory.max)?"])
  }
}
