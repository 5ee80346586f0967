internal import Bytes
internal import Heaps
internal import Machine
internal import Targets
internal import Unwinding

/// Checks of libc's own that failed: assertions, the heap's, the stack protector's, fortified functions'.
enum LibraryChecks {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard let abort = AbortedProgram(investigation, crash) else { return nil }
    return smashing(investigation, crash, abort) ?? fortified(investigation, crash, abort)
      ?? heap(investigation, crash, abort) ?? assertion(investigation, crash, abort)
  }

  private static func smashing(_ investigation: Investigation, _ crash: Crash, _ abort: AbortedProgram) -> Finding? {
    let position = abort.position { $0 == "__stack_chk_fail" || $0 == "__stack_chk_fail_local" }
    let isMessage = abort.message?.text.has("stack smashing detected") ?? false
    guard position != nil || isMessage else { return nil }
    let certainty = isMessage ? .proved : abort.certainty(of: position)
    let victim = position.flatMap { abort.caller(behind: $0) { $0.hasPrefix("__stack_chk_fail") } }
    let function = victim.map { investigation.function($0.lookupAddress) }
    var evidence = abort.messageEvidence(investigation).map { [$0] } ?? []
    if let victim, let function {
      evidence.append(
        investigation.evidence(
          "\(function) found its canary changed before it returned, and called __stack_chk_fail", of: victim.pc))
    }
    return Finding(
      hazard: .stackSmashing, certainty: certainty, thread: crash.thread.tid,
      statement:
        "\(function ?? "A function") wrote beyond a local array: the canary above its variables was overwritten.",
      evidence: evidence.isEmpty ? position.map { [abort.frameEvidence($0, investigation)] } ?? [] : evidence,
      refutedBy: certainty == .proved
        ? "a function that it called and handed the array to wrote it instead" : GuessedFrames.refutation,
      remedies: [
        "Look at every array and buffer in \(function ?? "the function"), and at what it passes to others: build with "
          + "-fsanitize=address to see the write itself."
      ])
  }

  private static func fortified(_ investigation: Investigation, _ crash: Crash, _ abort: AbortedProgram) -> Finding? {
    let position = abort.position { $0 == "__chk_fail" || $0 == "__GI___chk_fail" }
    let isMessage = abort.message?.text.has("buffer overflow detected") ?? false
    guard position != nil || isMessage else { return nil }
    let certainty = isMessage ? .proved : abort.certainty(of: position)
    let check = position.flatMap { start in
      abort.names.indices.first { $0 > start && abort.names[$0].hasSuffix("_chk") }
    }
    let caller = (check ?? position).flatMap { abort.caller(behind: $0) }
    var evidence = abort.messageEvidence(investigation).map { [$0] } ?? []
    let call = check.map { investigation.function(abort.frames[$0].lookupAddress) }
    if let call {
      evidence.append(
        Evidence(
          "\(call) was told the size of its destination, and more was to be written",
          address: check.map { abort.frames[$0].pc }))
    }
    let place = caller.map { investigation.function($0.lookupAddress) }
    return Finding(
      hazard: .bufferOverflow, certainty: certainty, thread: crash.thread.tid,
      statement:
        "A call of \(call ?? "a fortified function")\(place.map { " in \($0)" } ?? "") would have written beyond its destination.",
      evidence: evidence.isEmpty ? position.map { [abort.frameEvidence($0, investigation)] } ?? [] : evidence,
      refutedBy: certainty == .proved ? nil : GuessedFrames.refutation,
      remedies: [
        "Compare the destination's size with what is copied at that place; use the functions that take a size."
      ])
  }

  private static func heap(_ investigation: Investigation, _ crash: Crash, _ abort: AbortedProgram) -> Finding? {
    let position = abort.position { $0 == "malloc_printerr" }
    let isMessage = abort.message.map { message in Self.heapMessages.contains { message.text.hasPrefix($0) } } ?? false
    guard position != nil || isMessage else { return nil }
    var evidence = abort.messageEvidence(investigation).map { [$0] } ?? []
    let entry = abort.names.lastIndex { Self.heapEntries.contains($0) }
    let caller = (entry ?? position).flatMap { abort.caller(behind: $0) }
    if let entry {
      evidence.append(
        Evidence(
          "found in \(investigation.function(abort.frames[entry].lookupAddress))"
            + (caller.map { ", called by \(investigation.function($0.lookupAddress))" } ?? ""),
          address: abort.frames[entry].pc))
    }
    let text = abort.message?.text ?? "a check of the heap failed"
    // The free lists show the block itself; the other checks see its neighbour's header only.
    let isDouble = text.has("double free detected") || text.has("double free or corruption (fasttop)")
    let isEither = !isDouble && text.has("double free")
    // Only these look at the pointer that is freed, or at the header before it.
    let isPointer = ["free(): invalid", "munmap_chunk(): invalid", "realloc(): invalid"].contains { text.hasPrefix($0) }
    let certainty = isMessage ? .proved : abort.certainty(of: position)
    if isDouble || isEither, let entry, let chunk = HeapEvidence.freedTwice(investigation, crash, through: entry) {
      evidence.append(
        investigation.evidence(
          "the block of \(byteCount(chunk.userSize)) at \(hex(chunk.userStart)) is free already: it is in "
            + "\(chunk.list?.text ?? "one of the arena's bins")", at: chunk.start, count: 32))
    }
    let problems = investigation.heapProblems
    evidence += HeapEvidence.evidence(problems, investigation)
    let overrun =
      problems.first { $0.isOverwritten }?.before.map {
        " The block of \(byteCount($0.userSize)) at \(hex($0.userStart)) was written past its end, most likely."
      } ?? ""
    return Finding(
      hazard: .heapCorruption, certainty: certainty, thread: crash.thread.tid,
      statement: isDouble
        ? "Memory was freed twice: \(text)."
        : (isEither
          ? "Memory was freed twice, or the heap's own data beside a block were overwritten: \(text)."
          : abort.message == nil || isPointer
            ? "The heap is corrupt, or a pointer that is none of its blocks was freed: \(text)."
            : "The heap is corrupt: data that malloc keeps beside or in its blocks were overwritten: \(text).")
          + overrun,
      evidence: evidence.isEmpty ? position.map { [abort.frameEvidence($0, investigation)] } ?? [] : evidence,
      refutedBy: certainty == .proved ? nil : GuessedFrames.refutation,
      remedies: [
        isDouble
          ? "The second free is on the stack; find the first: build with -fsanitize=address, or run under `valgrind`."
          : "The place that noticed is seldom the place that did it: build with -fsanitize=address, or run under "
            + "`valgrind`; MALLOC_CHECK_=3 with libc_malloc_debug.so.0 preloaded finds it earlier."
      ])
  }

  /// The beginnings of malloc_printerr's messages (glibc malloc/malloc.c, malloc/arena.c).
  private static let heapMessages = [
    "malloc(", "free(", "realloc(", "calloc(", "double free or corruption", "corrupted size vs. prev_size",
    "corrupted double-linked list", "munmap_chunk()", "mremap_chunk()", "malloc_consolidate()",
    "tcache_thread_shutdown()",
    "break adjusted to free malloc space", "invalid fastbin entry",
  ]

  private static let heapEntries: Set<String> = [
    "free", "__libc_free", "__GI___libc_free", "cfree", "malloc", "__libc_malloc", "__GI___libc_malloc", "realloc",
    "__libc_realloc", "__GI___libc_realloc", "calloc", "__libc_calloc", "memalign", "__libc_memalign", "_int_free",
    "_int_malloc", "_int_realloc", "posix_memalign", "aligned_alloc",
  ]

  /// libc's, and the C++ libraries' own (_GLIBCXX_ASSERTIONS, libc++'s hardening).
  private static let assertions: Set<String> = [
    "__assert_fail", "__GI___assert_fail", "__assert_perror_fail", "__assert", "_ZSt21__glibcxx_assert_failPKciS0_S0_",
    "_ZNSt3__122__libcpp_verbose_abortEPKcz",
  ]

  private static func assertion(_ investigation: Investigation, _ crash: Crash, _ abort: AbortedProgram) -> Finding? {
    let position = abort.position {
      assertions.contains($0)
    }
    let isMessage = abort.message.map { $0.text.has(": Assertion `") && $0.text.hasSuffix("' failed.") } ?? false
    guard position != nil || isMessage else { return nil }
    var evidence = abort.messageEvidence(investigation).map { [$0] } ?? []
    let caller = position.flatMap { abort.caller(behind: $0) { assertions.contains($0) || $0.hasPrefix("__assert") } }
    if let caller {
      evidence.append(
        investigation.evidence(
          "\(investigation.function(caller.lookupAddress)) called "
            + "\(position.map { investigation.functionName(of: abort.frames[$0]) } ?? "assert")", of: caller.pc))
    }
    // "program: file.c:12: function: Assertion `x > 0' failed."
    let said = abort.message.map { message in
      message.text.split(separator: ":", maxSplits: 1).last.map { $0.drop { $0 == " " } }.map(String.init)
        ?? message.text
    }
    let certainty = isMessage ? .proved : abort.certainty(of: position)
    return Finding(
      hazard: .assertionFailure, certainty: certainty, thread: crash.thread.tid,
      statement: said.map { "An assertion failed: \($0)" }
        ?? "An assertion failed in \(caller.map { investigation.function($0.lookupAddress) } ?? "the program"); its text is not in the core.",
      evidence: evidence.isEmpty ? position.map { [abort.frameEvidence($0, investigation)] } ?? [] : evidence,
      refutedBy: certainty == .proved ? nil : GuessedFrames.refutation,
      remedies: [
        "Find out why the condition does not hold there: the variables of that frame, and who called it with what."
      ])
  }
}
