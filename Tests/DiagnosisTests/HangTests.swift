import Diagnosis
import TestSupport
import Testing

/// A way to get a program that hangs, and what is to be said of it.
struct Hang: Sendable, CustomTestStringConvertible {
  let mode: String
  /// The first finding's hazard; nil where the graph must give none.
  let hazard: Hazard?
  var certainty: Certainty = .proved
  var says: [String] = []
  var shows: [String] = []

  var testDescription: String { mode }

  static let hazards: Set<Hazard> = [
    .deadlock, .selfDeadlock, .lockHeldByGoneThread, .lockHeldAcrossFork, .joinOfGoneThread, .lostWakeup,
  ]

  func check(_ findings: [Finding]) {
    let all = findings.map(\.summary).joined(separator: "\n")
    guard let hazard else {
      #expect(!findings.contains { Self.hazards.contains($0.hazard) }, "\(all)")
      return
    }
    #expect(findings.first?.hazard == hazard, "\(all)")
    #expect(findings.first?.certainty == certainty, "\(all)")
    for text in says { #expect(findings.first?.statement.contains(text) == true, "\(text) is not said in:\n\(all)") }
    for text in shows {
      #expect(
        findings.first?.evidence.contains { $0.statement.contains(text) } == true, "\(text) is not shown in:\n\(all)")
    }
  }
}

@Suite struct HangTests {
  static let gcc = ["gcc", "-O1", "-g"]

  static let hangs: [Hang] = [
    Hang(
      mode: "inversion", hazard: .deadlock,
      says: ["2 threads wait for each other", "mutex journal (0x", "mutex accounts (0x"],
      shows: [
        "called by accounts_first (hang_locks.c:", "took it at journal_first (hang_locks.c:",
        "lock word is 0x2 (locked, with waiters)",
      ]),
    Hang(
      mode: "chain", hazard: .deadlock, says: ["3 threads", "index_lock"], shows: ["(recursive)", "(error-checking)"]),
    Hang(mode: "robust", hazard: .deadlock, says: ["2 threads"], shows: ["robust"]),
    Hang(mode: "inheriting", hazard: .deadlock, says: ["2 threads"], shows: ["priority-inheriting"]),
    Hang(
      mode: "rwlock", hazard: .deadlock, says: ["read-write lock table", "read-write lock cache"],
      shows: ["held for writing by thread"]),
    Hang(mode: "join-with-lock", hazard: .deadlock, says: ["to end", "mutex accounts"]),
    Hang(mode: "self", hazard: .selfDeadlock, says: ["which it holds itself", "a second time in main (hang_locks.c:"]),
    Hang(mode: "gone-owner", hazard: .lockHeldByGoneThread, says: ["has ended without giving it back"]),
    Hang(mode: "gone-owner-recursive", hazard: .lockHeldByGoneThread, shows: ["(recursive)", "is none of them"]),
    Hang(mode: "gone-join", hazard: .joinOfGoneThread, says: ["which the process does not have any more"]),
    Hang(
      mode: "gone-stream", hazard: .lockHeldByGoneThread, certainty: .likely,
      says: ["lock of a stdio stream", "has ended without giving it back"]),
    Hang(
      mode: "reader", hazard: .deadlock, certainty: .likely, says: ["read-write lock table", "seems to hold"],
      shows: ["held for reading once", "reads_table_then_accounts"]),
    Hang(mode: "reader-twice", hazard: .selfDeadlock, certainty: .likely, says: ["read-write lock table", "itself"]),
    Hang(mode: "inheriting-circle", hazard: .deadlock, says: ["2 threads"], shows: ["the kernel refused"]),
    Hang(mode: "inheriting-gone", hazard: .lockHeldByGoneThread, shows: ["the kernel refused"]),
    Hang(mode: "robust-mended", hazard: .deadlock, says: ["to end", "mutex accounts"]),
    Hang(mode: "upgrade", hazard: .selfDeadlock, certainty: .likely, says: ["read-write lock table"]),
    Hang(
      mode: "once", hazard: .deadlock, certainty: .likely, says: ["one-time initialisation once"],
      shows: ["inside that initialisation"]),
    // Other threads may be meant to give these back.
    Hang(mode: "gate", hazard: .selfDeadlock, certainty: .likely, says: ["holds itself"]),
    Hang(mode: "gate-heap", hazard: .selfDeadlock, certainty: .likely, says: ["holds itself"]),
    // Held by a thread of another process, which lives and can wake nobody here.
    Hang(mode: "shared-unfit", hazard: .lostWakeup, certainty: .likely, says: ["none of this process's"]),
  ]

  static let forks: [Hang] = [
    Hang(mode: "fork-locked", hazard: .lockHeldAcrossFork, says: ["the main thread of the parent process"]),
    Hang(
      mode: "fork-stream", hazard: .lockHeldAcrossFork, certainty: .likely, says: ["lock of a stdio stream"],
      shows: ["which is that of no living thread"]),
    Hang(
      mode: "fork-locked-by-other", hazard: .lockHeldAcrossFork, certainty: .likely,
      says: ["probably a thread of the parent"]),
  ]

  static let nearMisses: [Hang] = [
    "held-by-reader", "held-by-running", "held-by-sleeper", "timed", "trylock", "living-join", "recursive-twice",
    "no-inversion", "producer", "reader-sleeps", "shared", "timed-condition", "barrier",
  ].map { Hang(mode: $0, hazard: nil) }

  @Test("a hang is told from a core that a signal from elsewhere in the process left", arguments: hangs + nearMisses)
  func quit(_ hang: Hang) throws {
    let program = try Fixture.compile("hang_locks.c", with: Self.gcc, after: ["-lpthread"])
    let core = try Fixture.core(of: [program, hang.mode, "quit"])
    hang.check(try investigate(core).diagnose())
  }

  @Test("a hang is told from a core that gcore took", arguments: hangs + nearMisses)
  func live(_ hang: Hang) throws {
    let program = try Fixture.compile("hang_locks.c", with: Self.gcc, after: ["-lpthread"])
    hang.check(try investigate(try Fixture.liveCore(of: [program, hang.mode])).diagnose())
  }

  @Test("a child of fork that wants a lock of its parent's other self is told", arguments: forks)
  func forked(_ hang: Hang) throws {
    let program = try Fixture.compile("hang_locks.c", with: Self.gcc, after: ["-lpthread"])
    hang.check(try investigate(try Fixture.core(of: [program, hang.mode])).diagnose())
  }

  @Test("threads of which none is left to wake another are told, and never proved")
  func lostWakeup() throws {
    let program = try Fixture.compile("hang_locks.c", with: Self.gcc, after: ["-lpthread"])
    Hang(
      mode: "lost-wakeup", hazard: .lostWakeup, certainty: .likely,
      says: ["All 3 threads", "condition variable", "semaphore"],
      shows: ["changed", "its value is 0"]
    ).check(try investigate(try Fixture.liveCore(of: [program, "lost-wakeup"])).diagnose())
  }

  @Test("a handler that calls the allocator it has interrupted waits for its own thread")
  func handler() throws {
    let program = try Fixture.compile(
      "hang_handler.c", with: ["gcc", "-O1", "-fno-builtin", "-g"], after: ["-lpthread"])
    Hang(
      mode: "handler", hazard: .selfDeadlock, certainty: .likely, says: ["the handler called the allocator again"],
      shows: ["the signal came at"]
    ).check(try investigate(try Fixture.core(of: [program])).diagnose())
  }

  static let inContainer: [Hang] = [
    Hang(mode: "inversion", hazard: .deadlock, says: ["2 threads wait for each other"], shows: ["of this dump"]),
    Hang(mode: "join-with-lock", hazard: .deadlock, says: ["to end", "mutex accounts"]),
    Hang(
      mode: "gone-owner", hazard: .lockHeldByGoneThread, certainty: .likely, shows: ["in its own memory by the ids"]),
    Hang(mode: "held-by-sleeper", hazard: nil), Hang(mode: "living-join", hazard: nil),
  ]

  @Test(
    "a container's threads have other ids in its memory than in a core that is taken from outside",
    .enabled(if: Self.canMakeNamespaces), arguments: inContainer)
  func container(_ hang: Hang) throws {
    let program = try Fixture.compile("hang_locks.c", with: Self.gcc, after: ["-lpthread"])
    let core = try temporaryDirectory() + "/core"
    let outcome = try run([
      "sh", "-c",
      """
      unshare -pf "$1" "$2" > "$3.out" & outer=$!
      while ! grep -q ready "$3.out"; do sleep 0.1; kill -0 $outer || exit 1; done
      inner=$(pgrep -P $outer)
      gdb -nx -q -batch -p $inner -ex "generate-core-file $3" > "$3.log" 2>&1
      kill -9 $inner
      """, "sh", program, hang.mode, core,
    ])
    try #require(outcome.status == 0, "\(outcome.errors)")
    hang.check(try investigate(core).diagnose())
  }

  private static let canMakeNamespaces = (try? run(["unshare", "-pf", "true"]).status) == 0
}
