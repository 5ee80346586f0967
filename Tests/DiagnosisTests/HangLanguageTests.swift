import Diagnosis
import ModuleFiles
import TestSupport
import Testing

/// Hangs on the locks of other languages, of musl, and of another processor.
@Suite struct HangLanguageTests {
  static let locksOfCxx: [Hang] = [
    Hang(
      mode: "inversion", hazard: .deadlock, says: ["2 threads wait for each other"],
      shows: ["called by transfer (hang_mutex.cpp:"]),
    Hang(
      mode: "recursive", hazard: .deadlock, shows: ["(recursive)", "taken 2 times", "called by main (hang_mutex.cpp:"]),
    Hang(
      mode: "static", hazard: .deadlock, certainty: .likely, says: ["guard variable for first_use", "mutex registry"]),
  ]

  @Test("C++: std::mutex, std::recursive_mutex, a static's first use", arguments: locksOfCxx)
  func cxx(_ hang: Hang) throws {
    let program = try Fixture.compile("hang_mutex.cpp", with: ["g++", "-std=c++20", "-O1", "-g"], after: ["-lpthread"])
    hang.check(try investigate(try Fixture.liveCore(of: [program, hang.mode])).diagnose())
  }

  @Test("C++: a future whose promise nobody keeps")
  func future() throws {
    let program = try Fixture.compile("hang_mutex.cpp", with: ["g++", "-std=c++20", "-O1", "-g"], after: ["-lpthread"])
    Hang(mode: "future", hazard: .lostWakeup, certainty: .likely, says: ["only thread"])
      .check(try investigate(try Fixture.liveCore(of: [program, "future"])).diagnose())
  }

  @Test("Python: who holds the interpreter's lock wants a C library's, and the other way round")
  func interpreterLock() throws {
    let library = try Fixture.compile(
      "hang_gil.c", with: ["gcc", "-shared", "-fPIC", "-O1", "-g"], after: ["-lpthread"])
    let script = try Fixture.path(of: "hang_gil.py")
    // Who wants the interpreter's lock looks up from its wait every 5 ms: a core may show it just then, and no circle.
    var found: [Finding] = []
    for _ in 0..<5 where found.first?.hazard != .deadlock {
      found = try investigate(try Fixture.core(of: [Fixture.debianPython, script, library, "want"])).diagnose()
    }
    Hang(
      mode: "want", hazard: .deadlock, certainty: .likely,
      says: ["Python's interpreter lock", "extension_lock"], shows: ["its last holder's state"]
    ).check(found)
    Hang(mode: "running", hazard: nil)
      .check(try investigate(try Fixture.core(of: [Fixture.debianPython, script, library, "running"])).diagnose())
  }

  static let locksOfRust: [Hang] = [
    Hang(
      mode: "inversion", hazard: .deadlock, certainty: .likely, says: ["seems to hold"],
      shows: ["Rust std Mutex", "hang_mutex.rs:"]),
    Hang(mode: "everyone", hazard: .deadlock, certainty: .likely),
    Hang(mode: "held", hazard: nil),
    Hang(mode: "poisoned", hazard: nil),
    Hang(mode: "condvar", hazard: .lostWakeup, certainty: .likely, says: ["Both threads"]),
  ]

  @Test(
    "Rust: locks that name no owner are likely at most, and only where nobody else can hold them",
    arguments: locksOfRust,
    [["-g"], ["-O", "-g"]])
  func rust(_ hang: Hang, _ options: [String]) throws {
    let program = try Fixture.compile("hang_mutex.rs", with: ["rustc"] + options)
    hang.check(try investigate(try Fixture.liveCore(of: [program, hang.mode])).diagnose())
  }

  @Test("Swift: the owner of a mutex is in its word, and a semaphore is waited for under it")
  func swift() throws {
    let program = try Fixture.compile("hang_mutex.swift", with: ["swiftc", "-g"])
    let investigation = try investigate(try Fixture.liveCore(of: [program, "mutex"]))
    let graph = investigation.waitGraph
    let main = try #require(investigation.target.process.pid)
    let waits = graph.waits.compactMap(\.self)
    #expect(waits.contains { $0.kind == "mutex" && graph.holder(of: $0)?.tid == main }, "\(waits.map(\.text))")
    #expect(waits.contains { $0.tid == main && $0.kind == "semaphore" }, "\(waits.map(\.text))")
    #expect(graph.cycles.isEmpty)
  }

  @Test(
    "Swift: a mutex that the kernel refused, since its owner waits for us",
    arguments: [
      Hang(mode: "circle", hazard: .deadlock, says: ["2 threads wanted each other's locks"], shows: ["EDEADLK"]),
      Hang(mode: "twice", hazard: .selfDeadlock, certainty: .likely, says: ["a second time"]),
      Hang(
        mode: "own-queue", hazard: .selfDeadlock, certainty: .likely, says: ["dispatch queue"], shows: ["already owned"]
      ),
    ])
  func refused(_ hang: Hang) throws {
    let program = try Fixture.compile("hang_mutex.swift", with: ["swiftc", "-g"])
    hang.check(try investigate(try Fixture.core(of: [program, hang.mode])).diagnose())
  }

  static let locksOfMusl: [Hang] = [
    Hang(mode: "chain", hazard: .deadlock, says: ["3 threads wait for each other"], shows: ["of musl (recursive)"]),
    Hang(mode: "robust", hazard: .deadlock, shows: ["robust"]),
    Hang(mode: "inversion", hazard: .deadlock, certainty: .likely, says: ["seem to wait"]),
    Hang(mode: "self", hazard: .selfDeadlock, certainty: .likely),
    Hang(mode: "gone-owner-recursive", hazard: .lockHeldByGoneThread, says: ["whose owner has ended"]),
    Hang(mode: "gone-join", hazard: .joinOfGoneThread),
    Hang(mode: "gone-owner", hazard: nil), Hang(mode: "timed", hazard: nil), Hang(mode: "trylock", hazard: nil),
    Hang(mode: "living-join", hazard: nil), Hang(mode: "held-by-reader", hazard: nil),
    Hang(mode: "held-by-sleeper", hazard: nil), Hang(mode: "producer", hazard: nil),
  ]

  @Test("musl's locks", arguments: locksOfMusl)
  func musl(_ hang: Hang) throws {
    let program = try Fixture.compile("hang_locks.c", with: ["musl-gcc", "-O1", "-g"])
    hang.check(try investigate(try Fixture.liveCore(of: [program, hang.mode])).diagnose())
  }

  @Test(
    "a thread of the parent's that a child of fork joins, on musl",
    arguments: [
      Hang(mode: "fork-join", hazard: .joinOfGoneThread, certainty: .likely, says: ["this process never had"]),
      Hang(mode: "fork-locked", hazard: .lockHeldAcrossFork),
    ])
  func forkedOnMusl(_ hang: Hang) throws {
    let program = try Fixture.compile("hang_locks.c", with: ["musl-gcc", "-O1", "-g"])
    hang.check(try investigate(try Fixture.core(of: [program, hang.mode])).diagnose())
  }

  static let locksOnAArch64: [Hang] = [
    Hang(mode: "chain", hazard: .deadlock, says: ["3 threads"]),
    // The kernel has put the result over the address of the main thread's lock: it is inferred.
    Hang(mode: "inversion", hazard: .deadlock, certainty: .likely, says: ["mutex journal (0x", "mutex accounts (0x"]),
    Hang(mode: "self", hazard: .selfDeadlock, certainty: .likely),
    Hang(mode: "gone-owner", hazard: .lockHeldByGoneThread, certainty: .likely),
    Hang(mode: "held-by-running", hazard: nil), Hang(mode: "timed", hazard: nil),
    Hang(mode: "living-join", hazard: nil),
  ]

  @Test("aarch64's locks", .enabled(if: Fixture.has("qemu-aarch64")), arguments: locksOnAArch64)
  func aarch64(_ hang: Hang) throws {
    let program = try Fixture.compile("hang_locks.c", with: Fixture.aarch64, after: ["-lpthread"])
    let core = try Fixture.guestCore(of: [program, hang.mode, "quit"])
    hang.check(try investigate(core, search: SearchPaths(systemRoots: [Fixture.aarch64SystemRoot, "/"])).diagnose())
  }

  @Test("stripped programs are told as well", arguments: ["inversion", "self", "join-with-lock"])
  func stripped(_ mode: String) throws {
    let program = try Fixture.compile("hang_locks.c", with: ["gcc", "-O2", "-s", "-static"], after: ["-lpthread"])
    let findings = try investigate(try Fixture.liveCore(of: [program, mode])).diagnose()
    #expect([.deadlock, .selfDeadlock].contains(findings.first?.hazard), "\(findings.map(\.summary))")
  }
}
