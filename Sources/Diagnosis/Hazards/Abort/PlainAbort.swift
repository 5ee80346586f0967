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
    guard let position else { return nil }
    guard let caller = abort.caller(behind: position, skipping: isWrapper), !caller.isSignalTrampoline else {
      return unattributed(investigation, crash, abort, position)
    }
    let function = investigation.function(caller.lookupAddress)
    var evidence = [investigation.evidence("\(function) called abort", of: caller.pc)]
    let isAllocation = abort.names.contains { $0.has("rust_oom") || $0.has("handle_alloc_error") }
    if let message = abort.messageEvidence(investigation) { evidence.insert(message, at: 0) }
    return Finding(
      hazard: .abort, certainty: .proved, thread: crash.thread.tid,
      statement: isAllocation
        ? "Rust could not allocate memory, and ended the program (std::alloc::handle_alloc_error)."
        : abort.message.map { "\(function) ended the program: \($0.text)" } ?? "\(function) called abort().",
      evidence: evidence,
      remedies: [
        "Look at why \(function) gives up there; what it printed before is on its standard error, if that was kept."
      ])
  }

  /// abort was called, and the stack does not tell by whom.
  private static func unattributed(
    _ investigation: Investigation, _ crash: Crash, _ abort: AbortedProgram, _ position: Int
  ) -> Finding {
    let isGuess = abort.certainty(of: position) != .proved
    return Finding(
      hazard: .abort, certainty: isGuess ? .likely : .proved, thread: crash.thread.tid,
      statement: abort.message.map { "libc ended the program: \($0.text)" }
        ?? "The program \(isGuess ? "seems to have" : "has") called abort(); the stack does not tell from where.",
      evidence: (abort.messageEvidence(investigation).map { [$0] } ?? []) + [
        abort.frameEvidence(position, investigation)
      ],
      refutedBy: isGuess ? GuessedFrames.refutation : nil,
      remedies: [
        "Give the debug files of the libraries (--debug-dir), and the stack can be walked; what it printed before is on its "
          + "standard error."
      ])
  }

  /// Functions that only pass a wish to abort on: libc's own, and those of Rust's standard library.
  private static func isWrapper(_ name: String) -> Bool {
    names.contains(name)
      || ["14abort_internal", "3std7process5abort", "8rust_oom", "18handle_alloc_error"].contains {
        name.has($0)
      }
  }

  private static let names: Set<String> = [
    "abort", "__GI_abort", "__libc_fatal", "__libc_message", "__libc_message_impl", "__fortify_fail", "_abort",
  ]
}
