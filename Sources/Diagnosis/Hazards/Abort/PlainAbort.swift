internal import Bytes
internal import Machine
internal import Targets
internal import Unwinding

/// An abort of which nothing more is known than who called it, and perhaps what libc last said.
enum PlainAbort {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard let abort = AbortedProgram(investigation, crash) else { return nil }
    let position = abort.position {
      ["abort", "__GI_abort", "__libc_fatal", "__libc_message", "__fortify_fail"].contains($0)
    }
    guard let position,
      let caller = abort.caller(
        behind: position, skipping: { $0.hasPrefix("__libc_") || $0.hasSuffix("abort") || $0 == "__fortify_fail" })
    else { return nil }
    let function = investigation.function(caller.lookupAddress)
    var evidence = [investigation.evidence("\(function) called abort", of: caller.pc)]
    if let message = abort.messageEvidence(investigation) { evidence.insert(message, at: 0) }
    return Finding(
      hazard: .abort, certainty: .proved, thread: crash.thread.tid,
      statement: abort.message.map { "\(function) ended the program: \($0.text)" } ?? "\(function) called abort().",
      evidence: evidence,
      remedies: [
        "Look at why \(function) gives up there; what it printed before is on its standard error, if that was kept."
      ])
  }
}
