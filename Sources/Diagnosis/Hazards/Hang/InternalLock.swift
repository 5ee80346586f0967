internal import Machine
internal import Targets
internal import Unwinding

/// A lock inside of libc that nobody is left to give back: its owner has ended, or was another thread of the parent's when
/// the process was forked, or it is the very code that a signal handler has interrupted.
enum InternalLock {
  private static let allocators = [
    "malloc", "free", "realloc", "calloc", "memalign", "arena_get2", "malloc_consolidate",
  ]

  static func findings(_ graph: WaitGraph, _ investigation: Investigation) -> [Finding] {
    for case let wait? in graph.waits {
      guard let object = wait.object, object.kind == "internal-lock" || object.kind == "stream-lock",
        object.owner == nil, object.isHeld, !wait.hasTimeout
      else { continue }
      if let finding = interrupted(wait, object, graph, investigation) { return [finding] }
      if let record = object.goneRecord,
        investigation.target.threads.count > 1 || graph.records.hasEnded(recordOf: record) == true
      {
        return [gone(wait, object, graph, investigation)]
      }
      if investigation.target.threads.count == 1 { return [forked(wait, object, graph, investigation)] }
    }
    return []
  }

  /// A handler that called into libc, on a thread that was in it when the signal came.
  private static func interrupted(
    _ wait: ThreadWait, _ object: WaitObject, _ graph: WaitGraph, _ investigation: Investigation
  ) -> Finding? {
    let frames = investigation.walk(ofThread: wait.thread).frames
    let inner = wait.frames.first?.number ?? 0
    guard let trampoline = frames.firstIndex(where: { $0.isSignalTrampoline && $0.number > inner }) else { return nil }
    let below = Array(frames[(trampoline + 1)...].prefix(4))
    let above = Array(wait.frames.prefix { $0.number < frames[trampoline].number })
    let outer: Frame
    let again: Frame
    let what: String
    if let allocator = firstAllocator(below, investigation), let second = firstAllocator(above, investigation) {
      (outer, again, what) = (allocator, second, "called the allocator again")
    } else if let interrupted = below.first, let library = investigation.libraryModule,
      investigation.target.moduleIndex(containing: interrupted.lookupAddress) == library,
      let called = above.last(where: { investigation.target.moduleIndex(containing: $0.lookupAddress) == library })
    {
      (outer, again, what) = (interrupted, called, "called into the same library again")
    } else {
      return nil
    }
    return Finding(
      hazard: .selfDeadlock, certainty: .likely, thread: wait.tid,
      statement:
        "Thread \(wait.tid) waits in \(investigation.function(again.lookupAddress)) for a lock that it seems to hold "
        + "itself: a signal came while it was in \(investigation.function(outer.lookupAddress)), and the handler \(what).",
      evidence: [
        investigation.evidence(
          "thread \(wait.tid) waits for the \(object.name) at \(hex(object.address)): \(object.state)",
          at: object.address, count: object.size),
        investigation.evidence("the signal came at \(investigation.place(outer.pc))", of: outer.pc),
        Evidence("the handler's call is \(investigation.sourcePlace(again))", address: again.pc),
      ],
      refutedBy: "another thread that holds the lock, and still runs",
      remedies: [
        "Call only functions that are safe in signal handlers (signal-safety(7)): neither malloc nor stdio, nor what uses "
          + "them.",
        "Let the handler set a flag or write to a pipe (eventfd, signalfd), and do the work elsewhere.",
      ])
  }

  /// A stream whose owner's record is no living thread's.
  private static func gone(
    _ wait: ThreadWait, _ object: WaitObject, _ graph: WaitGraph, _ investigation: Investigation
  ) -> Finding {
    Finding(
      hazard: .lockHeldByGoneThread, certainty: .likely, thread: wait.tid,
      statement:
        "\(graph.waiters(for: wait)) for the \(object.name) at \(hex(object.address)), whose owner is no thread of "
        + "the process any more: it has ended without giving it back.",
      evidence: [
        investigation.evidence(
          "thread \(wait.tid) is in \(graph.waiting(wait)), and waits for \(graph.described(object)): \(object.state)",
          at: object.address, count: object.size),
        Evidence(graph.threadList(without: 0, investigation)),
      ],
      refutedBy: "a word that was overwritten",
      remedies: [
        "Look for flockfile without funlockfile, and for a thread that was cancelled, or ended, while it wrote."
      ])
  }

  private static func firstAllocator(_ frames: [Frame], _ investigation: Investigation) -> Frame? {
    zip(frames, investigation.rawNames(of: frames)).first { _, name in
      allocators.contains { name.hasSuffix($0) || name.hasPrefix("_int_\($0)") || name.hasPrefix("__libc_\($0)") }
    }?.0
  }

  /// The only thread of the process waits for a lock whose owner is not there.
  private static func forked(
    _ wait: ThreadWait, _ object: WaitObject, _ graph: WaitGraph, _ investigation: Investigation
  ) -> Finding {
    Finding(
      hazard: .lockHeldAcrossFork, certainty: .likely, thread: wait.tid,
      statement:
        "The process's only thread waits for a \(object.name), and no other thread is there to hold it. Another "
        + "thread of the parent seems to have held it when this process was forked.",
      evidence: [
        investigation.evidence(
          "thread \(wait.tid) is in \(graph.waiting(wait)), and waits for \(graph.described(object)): \(object.state)",
          at: object.address, count: object.size),
        Evidence("the process has one thread, \(wait.tid)"),
      ],
      refutedBy: "a signal handler that was called within libc, and called it again; or a word that was overwritten",
      remedies: [
        "After fork in a program with threads, call only functions that are safe in signal handlers, until exec.",
        "Use posix_spawn or vfork and exec instead, or fork before the first thread starts.",
      ])
  }
}
