import Foundation
import TestSupport
import Testing
import Tracing

/// The proof by exhaustion: `make soak` sets INQUEST_SOAK to how many rounds it is to be.
@Suite("A storm", .serialized)
struct SoakTests {
  private static let rounds = ProcessInfo.processInfo.environment["INQUEST_SOAK"].flatMap { Int($0) } ?? 1

  @Test("of births, execs and kills loses nobody, hangs nowhere, and changes no exit status")
  func mixed() async throws {
    let program = try Fixture.compile("tracing_births.c", with: ["gcc", "-O1"], after: ["-lpthread"])
    let modes = [
      "threads", "processes", "exec-thread", "exec-all", "leader-gone", "vfork", "spawn", "clone", "kill-children",
      "stop",
      "daemon", "exit-race",
    ]
    for round in 0..<Self.rounds {
      for mode in modes {
        let way = Run.Way.allCases[(round + mode.utf8.count) % Run.Way.allCases.count]
        let run = try await Run.follow([program, mode, "5"], way, keepsEvents: false)
        #expect(run.end == .exited(status: 7), "\(mode), \(way), round \(round)")
        #expect(run.problems.isEmpty, "\(mode), round \(round): \(run.problems.prefix(3))")
      }
    }
  }

  @Test("of 200,000 threads by 8 processes at once loses none", .enabled(if: rounds > 1))
  func manyThreads() async throws {
    let program = try Fixture.compile("tracing_births.c", with: ["gcc", "-O1"], after: ["-lpthread"])
    let run = try await Run.follow([program, "processes", "391"], keepsEvents: false)
    #expect(run.end == .exited(status: 7))
    #expect(run.problems.isEmpty, "\(run.problems.prefix(3))")
    #expect(run.births == 8 * (391 * 64 + 1))
  }

  @Test(
    "of 64 threads in Node's pool, which hung other tracers",
    .enabled(if: (try? runChecked(["node", "--version"])) != nil))
  func node() async throws {
    let script = """
      const fs = require('fs'); let left = 200;
      for (let i = 0; i < 200; i++) fs.readFile('/proc/self/stat', () => { if (--left == 0) process.exitCode = 7; });
      """
    for _ in 0..<min(3 * Self.rounds, 500) {
      let run = try await Run.follow(["env", "UV_THREADPOOL_SIZE=64", "node", "-e", script], keepsEvents: false)
      #expect(run.end == .exited(status: 7))
      #expect(run.problems.isEmpty, "\(run.problems.prefix(3))")
      #expect(run.births >= 64)
    }
  }

  @Test("of stops and signals from outside changes no exit status", .timeLimit(.minutes(60)))
  func disturbed() async throws {
    let program = try Fixture.compile("tracing_births.c", with: ["gcc", "-O1"], after: ["-lpthread"])
    let modes = [
      "threads", "processes", "exec-thread", "exec-all", "leader-gone", "vfork", "spawn", "clone", "kill-children",
      "daemon", "exit-race",
    ]
    var count = 0
    for round in 0..<max(2, Self.rounds / 8) {
      for mode in modes {
        let way = Run.Way.allCases[(round + mode.utf8.count) % Run.Way.allCases.count]
        let disturber = Disturber(.stops)
        let run = try await Run.follow([program, mode, "5"], way, keepsEvents: false) { disturber.begin(with: $0) }
        count += disturber.end()
        #expect(run.end == .exited(status: 7), "\(mode), \(way), round \(round)")
        #expect(run.problems.isEmpty, "\(mode), \(way), round \(round): \(run.problems.prefix(3))")
      }
    }
    #expect(count > modes.count)
  }

  @Test("of kills from outside leaves nobody, and nobody waits for the killed", .timeLimit(.minutes(60)))
  func killed() async throws {
    let program = try Fixture.compile("tracing_births.c", with: ["gcc", "-O1"], after: ["-lpthread"])
    // Not those whose children live for ever where nobody kills them.
    let modes = [
      "threads", "processes", "exec-thread", "exec-all", "leader-gone", "vfork", "spawn", "daemon", "exit-race",
    ]
    var count = 0
    for round in 0..<max(2, Self.rounds / 8) {
      for mode in modes {
        let way = Run.Way.allCases[(round + mode.utf8.count) % Run.Way.allCases.count]
        let disturber = Disturber(.stopsAndKill)
        let run = try await Run.follow([program, mode, "5"], way, keepsEvents: false) { disturber.begin(with: $0) }
        count += disturber.end()
        // By itself, as one whose child was killed, or killed.
        let ends: [TraceEvent.End] = [
          .exited(status: 7), .exited(status: 1), .killed(signal: SIGKILL, dumpedCore: false),
        ]
        #expect(run.end.map(ends.contains) == true, "\(mode), \(way), round \(round): \(String(describing: run.end))")
        #expect(run.problems.isEmpty, "\(mode), \(way), round \(round): \(run.problems.prefix(3))")
      }
    }
    #expect(count > modes.count)
  }
}
