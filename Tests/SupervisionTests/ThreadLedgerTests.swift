import Diagnosis
import Testing

@testable import Supervision

@Suite("The thread ledger")
struct ThreadLedgerTests {
  private func ledger(_ body: (inout ThreadLedger) -> Void) -> ThreadLedger {
    var ledger = ThreadLedger()
    ledger.processBegan(100, name: "program", at: 0)
    body(&ledger)
    return ledger
  }

  private func made(
    _ thread: Int32, _ handle: UInt64, detached: Bool? = false, _ ledger: inout ThreadLedger, at: UInt32 = 10
  ) {
    ledger.born(thread, in: 100, by: 100, handle: handle, site: 0, isDetached: detached, at: at)
  }

  private func call(_ handle: UInt64, by thread: Int32 = 100) -> LedgerCall {
    LedgerCall(
      kind: .join, function: "pthread_join", handle: handle, thread: thread, process: 100, returnAddress: 0x40)
  }

  @Test("keeps a thread in at most 64 bytes")
  func size() { #expect(MemoryLayout<LedgerRecord>.stride <= 64) }

  @Test("tells of a thread that ended and was never joined")
  func neverJoined() {
    let ledger = ledger { ledger in
      made(101, 0x1000, &ledger)
      ledger.willEndByItself(101)
      ledger.ended(101, .returned, at: 20)
      ledger.processEnded(100, at: 1000)
    }
    #expect(ledger.findings().map(\.finding.hazard) == [.threadsNeverJoined])
  }

  @Test(
    "says nothing of threads that were joined, detached, ran until the end, or may have been made detached",
    arguments: ["joined", "detached", "alive", "last", "untold", "foreign", "exec"])
  func nearMisses(what: String) {
    let ledger = ledger { ledger in
      made(101, what == "foreign" ? 0 : 0x1000, detached: what == "untold" ? nil : false, &ledger)
      if what == "joined" { ledger.join(0x1000, by: 100, in: 100) }
      if what == "detached" { ledger.detach(0x1000, in: 100) }
      ledger.willEndByItself(101)
      if what != "alive" { ledger.ended(101, .returned, at: what == "last" ? 995 : 20) }
      ledger.processEnded(100, at: 1000, what == "exec" ? .withProgram : .withProcess)
    }
    let expected: [Hazard] = what == "exec" ? [.threadsNeverJoined] : []
    #expect(ledger.findings().map(\.finding.hazard) == expected)
  }

  @Test(
    "proves that a thread was never joined only where it was seen to end by itself, and all joins are watched",
    arguments: [
      ("seen", .proved), ("went on", .likely), ("not seen", nil), ("not watched", .possible), ("last moment", nil),
      ("begun", nil), ("refused", nil),
    ] as [(String, Certainty?)])
  func certainty(what: String, certainty: Certainty?) {
    let ledger = ledger { ledger in
      made(101, 0x1000, &ledger)
      made(102, 0x2000, detached: true, &ledger)
      made(103, 0x3000, detached: true, &ledger)
      if ["seen", "not watched", "last moment"].contains(what) { ledger.willEndByItself(101) }
      if what == "not watched" { ledger.cannotWatch(["pthread_detach"], in: 100) }
      if what == "begun" {
        ledger.join(0x1000, by: 100, in: 100)
        ledger.abandoned(call(0x1000))
      }
      if what == "refused" {
        ledger.join(0x1000, by: 100, in: 100)
        ledger.settled(call(0x1000), 3, at: 20)
      }
      ledger.ended(101, .returned, at: what == "last moment" ? 990 : 20)
      if what == "went on" { ledger.seen(100, at: 900) }
      ledger.ended(102, .returned, at: 910)
      ledger.ended(103, .returned, at: 960)
      ledger.processEnded(100, at: 1000)
    }
    let found = ledger.findings().map(\.finding).filter { $0.hazard == .threadsNeverJoined }
    #expect(found.map(\.certainty) == [certainty].compactMap(\.self))
  }

  @Test("tells a join that failed for a thread that could be joined, with its life, once")
  func forgotten() throws {
    let ledger = ledger { ledger in
      made(101, 0x1000, &ledger)
      made(102, 0x2000, &ledger)
      ledger.ended(101, .returned, at: 20)
      ledger.ended(102, .returned, at: 21)
      ledger.join(0x1000, by: 100, in: 100)
      ledger.settled(call(0x1000), 0, at: 25)
      ledger.join(0x2000, by: 100, in: 100)
      ledger.settled(call(0x2000), 3, at: 30)
      ledger.processEnded(100, at: 1000)
    }
    let findings = ledger.findings().map(\.finding)
    #expect(findings.map(\.hazard) == [.joinFailed])
    let text = try #require(
      findings.first.map { ([$0.statement] + $0.evidence.map(\.statement)).joined(separator: "\n") })
    for part in ["ESRCH", "thread 102 was made by thread 100 after 0.010 s", "had ended after 0.021 s", "1 join of"] {
      #expect(text.contains(part), "\(text)")
    }
  }

  @Test("expects nothing of a join but success where the thread can be joined")
  func prospects() {
    let ledger = ledger { ledger in
      made(101, 0x1000, &ledger)
      made(102, 0x2000, detached: true, &ledger)
      made(103, 0x3000, &ledger)
      ledger.join(0x3000, by: 100, in: 100)
      made(104, 0x4000, &ledger)
      ledger.join(0x4000, by: 101, in: 100)
    }
    #expect(ledger.prospect(ofJoining: 0x1000, by: 100, in: 100) == .plain)
    #expect(ledger.prospect(ofJoining: 0x1000, by: 101, in: 100) == .doubtful, "itself")
    #expect(ledger.prospect(ofJoining: 0x1000, by: 104, in: 100) == .doubtful, "each other")
    #expect(ledger.prospect(ofJoining: 0x2000, by: 100, in: 100) == .doubtful, "detached")
    #expect(ledger.prospect(ofJoining: 0x3000, by: 100, in: 100) == .doubtful, "joined before")
    #expect(ledger.prospect(ofJoining: 0x5000, by: 100, in: 100) == .doubtful, "never existed")
    #expect(ledger.prospect(ofJoining: 0x1000, by: 100, in: 200) == .doubtful, "of another process")
  }

  @Test(
    "names what was wrong with a join that failed",
    arguments: [
      ("joined", 3, Hazard.joinedTwice, Certainty.proved), ("detached", 22, .useAfterDetach, .proved),
      ("unknown", 3, .joinFailed, .likely), ("joining", 22, .joinFailed, .proved), ("joining", 3, .joinFailed, .likely),
    ])
  func failures(what: String, result: Int32, hazard: Hazard, certainty: Certainty) {
    let ledger = ledger { ledger in
      if what != "unknown" { made(101, 0x1000, detached: what == "detached", &ledger) }
      if what.hasPrefix("join") { ledger.join(0x1000, by: 102, in: 100) }
      if what == "joined" { ledger.settled(call(0x1000, by: 102), 0, at: 25) }
      ledger.returned(call(0x1000), result, at: 30)
    }
    let findings = ledger.findings().map(\.finding)
    #expect(findings.map(\.hazard) == [hazard])
    #expect(findings.allSatisfy { $0.certainty == certainty })
  }

  @Test("takes a join that succeeds while another one's has begun, and was left, for no failure")
  func leftJoin() {
    let ledger = ledger { ledger in
      made(101, 0x1000, &ledger)
      ledger.join(0x1000, by: 102, in: 100)
      ledger.returned(call(0x1000), 0, at: 30)
      ledger.settled(call(0x1000, by: 102), 0, at: 31)
    }
    #expect(ledger.findings().isEmpty)
    #expect(ledger.processes.first?.joinCount == 1)
  }

  @Test("takes a try that came too early for no failure", arguments: [16, 110, 4] as [Int32])
  func tries(result: Int32) {
    let ledger = ledger { ledger in
      made(101, 0x1000, &ledger)
      ledger.returned(call(0x1000), result, at: 30)
    }
    #expect(ledger.findings().isEmpty)
  }

  @Test("knows a handle that is used again as the new thread's")
  func reuse() {
    let ledger = ledger { ledger in
      made(101, 0x1000, &ledger)
      ledger.join(0x1000, by: 100, in: 100)
      ledger.ended(101, .returned, at: 15)
      made(102, 0x1000, &ledger, at: 20)
    }
    #expect(ledger.prospect(ofJoining: 0x1000, by: 100, in: 100) == .plain)
    #expect(ledger.processes.first?.joinCount == 1, "its record is made anew only when it was joined")
  }

  @Test("counts the same failure again instead of keeping it")
  func repetitions() {
    let ledger = ledger { ledger in for _ in 0..<10_000 { ledger.returned(call(0x9000), 3, at: 30) } }
    #expect(ledger.troubles.count == 1)
    #expect(ledger.troubles.first?.count == 10_000)
  }
}

@Suite("Why pthread_create failed")
struct CreationFindingTests {
  private func finding(error: Int32 = 11, _ change: (inout CreationCircumstances) -> Void) -> Finding {
    var had = CreationCircumstances()
    had.mappings = 100
    had.mostMappings = 65_530
    change(&had)
    return CreationFinding(
      CreationFailure(thread: 1, returnAddress: 0x40, error: error, circumstances: had), count: 1, at: 5
    ).finding
  }

  @Test("is the limit of mappings only where it is reached")
  func mappings() {
    let full = finding {
      $0.mappings = 65_530
      $0.notJoined = 32_753
    }
    #expect(full.certainty == .proved)
    #expect(full.statement.contains("vm.max_map_count"))
    #expect(full.statement.contains("never joined"))
    let half = finding { $0.mappings = 40_000 }
    #expect(half.certainty == .possible)
    #expect(!half.statement.contains("vm.max_map_count"))
  }

  @Test("is the control group, the address space, or the user's limit where that is reached")
  func others() {
    let group = finding {
      $0.groupThreads = 512
      $0.mostGroupThreads = 512
    }
    #expect(group.statement.contains("pids.max"))
    let space = finding {
      $0.addressSpace = 1 << 30
      $0.mostAddressSpace = 1 << 30
    }
    #expect(space.statement.contains("RLIMIT_AS"))
    let user = finding {
      $0.living = 64
      $0.mostProcesses = 64
    }
    #expect(user.statement.contains("RLIMIT_NPROC"))
  }
}
