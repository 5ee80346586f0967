internal import Bytes
internal import Disassembly
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// A thread walked an array of environment variables while another replaced it.
///
/// Proved only where the array it walked is shown to be an earlier copy of the one that `environ` points to now,
/// and the address that faulted came out of it.
enum EnvironmentRace {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard crash.signal.number == SignalInfo.segmentation || crash.signal.number == SignalInfo.bus,
      !crash.signal.isSent, let present = investigation.environment, present.isSound,
      let walker = Walker(investigation, crash, fault, present)
    else { return nil }
    let stale = StaleEnvironment(around: walker.pointer, of: present, investigation.memory)
    let hasOthers = investigation.target.threads.count > 1
    guard hasOthers else { return nil }
    if present.contains(walker.pointer) {
      return replacement(investigation, crash, fault, walker, present)
        ?? danglingEntry(investigation, crash, walker, present)
    }
    // The array that the kernel made on the main stack is never freed, whoever replaces it: what is wrong with its
    // entries is something else.
    guard investigation.stack(containing: walker.pointer, alternate: nil)?.kind != .main else { return nil }
    // Outside of the present array, and no trace of an earlier one: only libc's own walkers are believed.
    guard stale != nil || walker.isLibrary else { return nil }
    let writers = Writers(investigation)
    var evidence = [
      investigation.evidence(
        "the walk pointer \(investigation.registerName(walker.register)) = \(hex(walker.value)) of "
          + "\(walker.function) is not inside environ "
          + "(\(hex(present.start)), \(grouped(UInt64(present.entries.count))) entries)", at: walker.pointer, count: 16)
    ]
    if let stale { evidence.append(description(of: stale, walker, present, investigation)) }
    let freed = FreedWord(walker, investigation)
    if let freed {
      evidence.append(freed.evidence)
    } else if let stale, let mark = freedChunk(at: stale.start, investigation) {
      evidence.append(mark)
    }
    let unmapped = UnmappedEnvironment(walker, crash, present, investigation)
    if let unmapped { evidence.append(unmapped.evidence) }
    evidence.append(pointerEvidence(investigation, crash, fault, walker))
    evidence.append(
      investigation.evidence(
        "environ, at \(hex(present.variable)), points to \(hex(present.start)) now", at: present.variable))
    if let stale, let added = addedNames(present, stale, walker, investigation) { evidence.append(added) }
    evidence += writers.evidence
    // libc begins each walk at environ. Code of the program's may have kept an old array by itself.
    let isProved = walker.isLibrary && (stale != nil || freed != nil || unmapped != nil)
    return Finding(
      hazard: .environmentRace, certainty: isProved ? .proved : .likely, thread: crash.thread.tid,
      statement: "\(walker.function) was walking an array of environment variables that "
        + (isProved
          ? "another thread had already replaced."
          : "another thread had probably replaced: it is not the one that environ points to now."),
      evidence: evidence,
      refutedBy: walker.isLibrary
        ? "a program that assigns environ itself, or changes it in a signal handler"
        : "code that kept an old value of environ itself, and walked that array later",
      remedies: remedies(writers))
  }

  /// The walk was in the present array, which another thread has just freed and is about to replace.
  private static func replacement(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis, _ walker: Walker,
    _ present: EnvironmentArray
  ) -> Finding? {
    guard let freed = FreedEnvironment(walker, present, investigation) else { return nil }
    let writers = Writers(investigation)
    return Finding(
      hazard: .environmentRace, certainty: writers.isReplacing ? .proved : freed.hasCopy ? .likely : .possible,
      thread: crash.thread.tid,
      statement: "\(walker.function) was walking an array of environment variables that "
        + (writers.isReplacing
          ? "another thread had just freed, and was about to replace."
          : "had been freed\(freed.hasCopy ? ": another thread had probably begun to replace it." : ".")"),
      evidence: freed.evidence + [pointerEvidence(investigation, crash, fault, walker)] + writers.evidence,
      refutedBy: "a program that frees the array of environ itself",
      remedies: remedies(writers))
  }

  /// The walk was in the present array, and the entry it read is no string: a variable's string was freed.
  private static func danglingEntry(
    _ investigation: Investigation, _ crash: Crash, _ walker: Walker, _ present: EnvironmentArray
  ) -> Finding? {
    // musl frees the string of a variable that is set again (src/env/setenv.c, __env_rm_add); glibc never does.
    let isMusl = investigation.target.modules.contains {
      $0.name.hasPrefix("ld-musl") || $0.name.hasPrefix("libc.musl")
    }
    guard isMusl, walker.isLibrary else { return nil }
    let writers = Writers(investigation)
    return Finding(
      hazard: .environmentRace, certainty: .possible, thread: crash.thread.tid,
      statement: "\(walker.function) read an environment variable whose string is gone; musl frees it when another "
        + "thread sets the variable again.",
      evidence: [
        investigation.evidence(
          "entry \((walker.pointer &- present.start) / 8) of environ is \(hex(walker.entry ?? 0)), "
            + "which is \(investigation.region(walker.entry ?? 0))", at: walker.pointer)
      ] + writers.evidence,
      refutedBy: "an entry that the program itself wrote into environ, or overwrote by mistake",
      remedies: remedies(writers))
  }

  private static func description(
    of stale: StaleEnvironment, _ walker: Walker, _ present: EnvironmentArray, _ investigation: Investigation
  ) -> Evidence {
    let index = Int64(bitPattern: walker.pointer &- stale.start) / 8
    let run = stale.longestRun
    let which =
      run.lowerBound == 0
      ? "its first \(run.count) words are the first \(run.count) entries of environ"
      : "its words \(run.lowerBound) to \(run.upperBound - 1) are the same entries of environ"
    let count = stale.matches > run.count ? " (\(stale.matches) in all)" : ""
    return investigation.evidence(
      "it is at entry \(index) of an array at \(hex(stale.start)), and \(which)\(count): "
        + "that is the array before it was replaced",
      at: stale.start &+ UInt64(run.lowerBound) &* 8, count: min(run.count, 8) * 8)
  }

  /// glibc's thread cache writes a link into the first word of what is freed, the address of the next free chunk
  /// combined with its own (malloc/malloc.c, PROTECT_PTR).
  private static func freedChunk(at start: UInt64, _ investigation: Investigation) -> Evidence? {
    guard let word = investigation.memory.word(at: start), start % 16 == 0, word != 0 else { return nil }
    let next = word ^ start >> 12
    let isChunk = next == 0 || next % 16 == 0 && investigation.memory.word(at: next) != nil
    guard isChunk, investigation.target.mapping(containing: start)?.isStackLike ?? false else { return nil }
    return investigation.evidence(
      "its first word is malloc's link to the next free chunk (\(next == 0 ? "none" : hex(next))): it has been freed",
      at: start, count: 16)
  }

  private static func pointerEvidence(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis, _ walker: Walker
  ) -> Evidence {
    let text = fault.instruction?.text ?? "the instruction"
    let at = investigation.place(crash.pc(investigation.architecture))
    guard let entry = walker.entry else {
      return investigation.evidence(
        "\(text) at \(at) could not read the array itself any more", of: crash.pc(investigation.architecture))
    }
    let now = investigation.memory.word(at: walker.pointer)
    let since = now == entry || now == nil ? "" : " (by now other data has taken its place)"
    return investigation.evidence(
      "what it read there, \(hex(entry))\(since), was taken for a string; \(text) at \(at) faulted on it",
      of: crash.pc(investigation.architecture))
  }

  /// Names that only the present array has: whoever set these replaced the old one.
  private static func addedNames(
    _ present: EnvironmentArray, _ stale: StaleEnvironment, _ walker: Walker, _ investigation: Investigation
  ) -> Evidence? {
    // The old array ended where its words stop agreeing for good, or at the walk pointer if that is further.
    let walked = Int(clamping: Int64(bitPattern: walker.pointer &- stale.start) / 8)
    let first = max(stale.longestRun.upperBound, min(walked, present.entries.count))
    guard first < present.entries.count else { return nil }
    let names = present.entries[first...].compactMap { EnvironmentArray.name(at: $0, investigation.memory) }
    guard !names.isEmpty else { return nil }
    let shown = names.suffix(6).joined(separator: ", ")
    return investigation.evidence(
      "only the new array has \(names.count > 6 ? "\(names.count) entries, the last of them " : "")\(shown): "
        + "whoever set \(names.count == 1 ? "it" : "these") replaced it",
      at: present.start &+ UInt64(first) &* 8, count: min(present.entries.count - first, 4) * 8)
  }

  private static func remedies(_ writers: Writers) -> [String] {
    [
      "Set environment variables only before the first thread starts, or in the child between fork and exec: "
        + "hand posix_spawn or execve an array of its own.",
      "Find who sets them: break on setenv, putenv, unsetenv, clearenv (`gdb -ex 'b setenv' -ex 'b putenv' -ex run`)"
        + (writers.importers.isEmpty ? "." : "; candidates are \(writers.importers.joined(separator: "; "))."),
      "A lock around your own calls does not help: libc itself calls getenv (mktime, setlocale, getaddrinfo). "
        + "glibc 2.41 and newer do not free or move an array that readers may hold.",
    ]
  }
}
