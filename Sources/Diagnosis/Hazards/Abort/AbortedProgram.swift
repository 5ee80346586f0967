internal import Bytes
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// What is known of a program that ended itself by abort(3): its innermost frames by name, and libc's message.
struct AbortedProgram {
  /// The innermost frames, at most 48, and their names as symbol tables have them.
  let frames: [Frame]
  let names: [String]
  /// What glibc printed before it called abort, and where it is kept.
  let message: (text: String, address: UInt64)?

  /// - Returns: nil where the crash is no abort: another signal, or a SIGABRT that another process sent.
  init?(_ investigation: Investigation, _ crash: Crash) {
    guard crash.signal.number == SignalInfo.abort else { return nil }
    if crash.signal.isSent, let sender = crash.signal.senderPID, let own = investigation.target.process.pid,
      sender != own
    {
      return nil
    }
    frames = Array(crash.walk.frames.prefix(48))
    names = investigation.rawNames(of: frames)
    message = Self.libraryMessage(investigation)
  }

  /// `__abort_msg`: a pointer to `struct abort_msg_s { unsigned int size; char msg[]; }` (glibc
  /// include/stdlib.h; set by assert and __libc_message).
  private static func libraryMessage(_ investigation: Investigation) -> (String, UInt64)? {
    guard let module = investigation.libraryModule,
      let variable = investigation.names.addresses(ofSymbols: ["__abort_msg"], inModule: module)["__abort_msg"],
      let pointer = investigation.memory.word(at: variable), pointer != 0,
      let size = investigation.memory.load(UInt32.self, at: pointer), size >= 4, size <= 1 << 20,
      let text = investigation.memory.cString(at: pointer &+ 4, limit: min(Int(size), 8192))
    else { return nil }
    let trimmed = text.text.trimmingNewlines
    return trimmed.isEmpty ? nil : (trimmed, pointer &+ 4)
  }

  /// The number of the innermost frame whose name fulfils `condition`.
  func position(where condition: (String) -> Bool) -> Int? { names.firstIndex(where: condition) }

  /// The innermost frame behind `position` that is not one of the library's, and so is the caller to blame; nil where
  /// frames up to it were only guessed from what lies on the stack.
  func caller(behind position: Int, skipping isLibrary: (String) -> Bool = { _ in false }) -> Frame? {
    guard let index = frames.indices.first(where: { $0 > position && !isLibrary(names[$0]) }),
      frames[...index].allSatisfy({ $0.provenance != .scan })
    else { return nil }
    return frames[index]
  }

  /// How sure it is that the function at `position` was called; `.likely` for none.
  func certainty(of position: Int?) -> Certainty {
    position.map { GuessedFrames.certainty(of: $0, in: frames) } ?? .likely
  }

  /// Evidence that the function at `position` is on the stack.
  func frameEvidence(_ position: Int, _ investigation: Investigation) -> Evidence {
    let isGuess = certainty(of: position) != .proved
    return Evidence(
      "\(investigation.function(frames[position].lookupAddress)) is on the stack"
        + (isGuess ? ", as far as that could be guessed" : ""), address: frames[position].pc)
  }

  /// The message as evidence.
  func messageEvidence(_ investigation: Investigation) -> Evidence? {
    message.map {
      investigation.evidence("libc's last message: \($0.text)", at: $0.address, count: min($0.text.utf8.count, 96))
    }
  }
}

extension String {
  /// Without line ends at its end.
  var trimmingNewlines: String {
    var text = self[...]
    while let last = text.last, last.isNewline { text = text.dropLast() }
    return String(text)
  }

  /// Whether `other` occurs in it.
  func has(_ other: String) -> Bool {
    let mine = Array(utf8)
    let wanted = Array(other.utf8)
    guard !wanted.isEmpty, mine.count >= wanted.count else { return false }
    return (0...(mine.count - wanted.count)).contains { mine[$0] == wanted[0] && mine[$0...].starts(with: wanted) }
  }
}
