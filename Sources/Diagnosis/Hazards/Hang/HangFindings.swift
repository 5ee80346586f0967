internal import Targets
internal import Unwinding

/// Why a program did not go on: what the wait graph shows.
enum HangFindings {
  /// Causes that say no more than that something ended the process: the hang is the reason that it did.
  private static let outward: Set<Hazard> = [.signalFromOutside, .ownSignal, .abort]

  /// All findings with those of the wait graph among them.
  ///
  /// Before a signal from outside, and before an abort of which nothing more is known: watchdogs end what hangs. Behind
  /// everything that killed the process by itself.
  static func merged(_ findings: [Finding], in investigation: Investigation) -> [Finding] {
    // What the kernel refused ended the program by an error of its own, which says less.
    if let refused = RefusedLock.finding(investigation) { return [refused] + findings }
    let isOutward = findings.allSatisfy { outward.contains($0.hazard) }
    // What crashed need not be walked through as a whole to be explained.
    guard isOutward || isAnyLockHeld(investigation) else { return findings }
    let hangs = all(investigation)
    guard isOutward else {
      // Who waits for a lost wake-up in a process that crashed waits no longer.
      return findings + hangs.filter { $0.hazard != .lostWakeup }
    }
    let sure = hangs.filter { $0.certainty < .possible }
    let rest = hangs.filter { $0.certainty == .possible }
    return sure + findings + rest
  }

  /// Whether any thread waits for a lock that names its owner: told from registers and one word each, no stack is walked.
  private static func isAnyLockHeld(_ investigation: Investigation) -> Bool {
    let noWalk = StackWalk(elements: [], frameCount: 0, ending: .noRegisters)
    return investigation.target.threads.contains { thread in
      guard let call = BlockedCall(thread, walk: noWalk, in: investigation), let futex = FutexCall(call),
        !futex.hasTimeout, let word = futex.address
      else { return false }
      return futex.isPriorityInheriting || Mutexes.mutex(lockWord: word, investigation.memory)?.owner != nil
    }
  }

  private static func all(_ investigation: Investigation) -> [Finding] {
    let graph = investigation.waitGraph
    guard graph.waits.contains(where: { $0?.object != nil }) else { return [] }
    let circles = Deadlock.findings(graph, investigation)
    let gone =
      JoinOfGoneThread.findings(graph, investigation) + GoneHolder.findings(graph, investigation)
      + InternalLock.findings(graph, investigation)
    let found = (circles + gone).enumerated().sorted {
      ($0.element.certainty, $0.offset) < ($1.element.certainty, $1.offset)
    }.map(\.element)
    guard found.isEmpty else { return found }
    let other = DeadlockByElimination.finding(graph, investigation) ?? LostWakeup.finding(graph, investigation)
    return other.map { [$0] } ?? []
  }
}

extension WaitGraph {
  /// "mutex registry_lock (0x55d0c0a01040)"; "thread 4711" for a join.
  func described(_ object: WaitObject) -> String {
    if object.kind == "thread" { return object.name }
    let noun = Self.noun(object.kind)
    if let symbol = symbol(at: object.address) { return "\(noun) \(symbol) (\(hex(object.address)))" }
    return "\(noun) \(hex(object.address))" + (name(of: object.address).map { " (\($0))" } ?? "")
  }

  /// The kind of an object as a sentence has it: "read-write lock".
  static func noun(_ kind: String) -> String {
    switch kind {
    case "rwlock": "read-write lock"
    case "once": "one-time initialisation"
    case "python-lock": "Python lock"
    case "python-gil": "Python's interpreter lock"
    default: kind.split(separator: "-").joined(separator: " ")
    }
  }

  /// "pthread_mutex_lock, called by worker (hang.c:12)".
  func waiting(_ wait: ThreadWait) -> String {
    let place = place(of: wait)
    guard let function = wait.function else { return place ?? "code without a name" }
    return function + (place.map { ", called by \($0)" } ?? "")
  }
}

extension Investigation {
  /// Whether the dump lacks something that counts: then a thread that is not in it may yet have been there.
  var isIncomplete: Bool { target.shortfalls.contains(where: \.isHeadline) }
}
