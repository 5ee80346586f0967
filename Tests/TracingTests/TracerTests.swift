import Foundation
import Machine
import TestSupport
import Testing
import Tracing

/// Real programs, followed from birth to end.
@Suite("A traced program", .serialized)
struct TracerTests {
  private func births(_ mode: String, _ count: Int = 10, keepsEvents: Bool = true) async throws -> Run {
    let program = try Fixture.compile("tracing_births.c", with: ["gcc", "-O1"], after: ["-lpthread"])
    return try await Run.follow([program, mode, "\(count)"], keepsEvents: keepsEvents)
  }

  @Test(
    "ends as it does by itself, and nobody is lost",
    arguments: [
      "seven", "threads", "processes", "exec-thread", "exec-all", "leader-gone", "vfork", "spawn", "clone",
      "kill-children", "stop", "daemon", "exit-race",
    ], 0..<5)
  func ends(mode: String, turn: Int) async throws {
    let run = try await births(mode)
    #expect(run.end == .exited(status: 7))
    #expect(run.problems.isEmpty, "\(run.problems.prefix(5))")
  }

  @Test("that a signal killed is told so")
  func killed() async throws {
    let run = try await births("fault")
    guard case .killed(signal: 11, _)? = run.end else {
      Issue.record("\(String(describing: run.end))")
      return
    }
    #expect(run.problems.isEmpty)
    #expect(run.events.contains { if case .stopped(_, .signal(11)) = $0 { true } else { false } })
  }

  @Test("that does not exist ends with 127, and says why")
  func missing() async throws {
    let run = try await Run.follow(["/nonexistent/program"])
    #expect(run.end == .exited(status: 127))
  }

  @Test("of 32 bits is followed as any other", arguments: Run.Way.allCases)
  func thirtyTwoBits(way: Run.Way) async throws {
    guard Architecture.host == .x86_64 else { return }
    let options = ["gcc", "-m32", "-nostdlib", "-static", "-fno-stack-protector", "-fno-pie", "-no-pie", "-O1"]
    let program = try Fixture.compile("tracing_32bit.c", with: options)
    // Not every kernel runs such programs.
    guard try run([program]).status == 7 else { return }
    let traced = try await Run.follow([program], way)
    #expect(traced.end == .exited(status: 7))
    #expect(traced.births == 1)
    #expect(traced.problems.isEmpty)
  }

  @Test("has every thread told, with its creator")
  func ledger() async throws {
    let run = try await births("threads", 20)
    #expect(run.births == 20 * 64)
    let creations = run.events.count { if case .creation = $0 { true } else { false } }
    #expect(creations == run.births)
  }
}
