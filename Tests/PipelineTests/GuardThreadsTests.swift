import Foundation
import TestSupport
import Testing

/// `inquest guard`: the ledger of threads.
@Suite("inquest guard: threads") struct GuardThreadsTests {
  private func guarded(_ mode: [String], _ options: [String] = []) throws -> Outcome {
    try run([CommandLine.executable, "guard"] + options + ["--", try Self.program()] + mode, timeout: 120)
  }

  private static func program(_ compiler: String = "gcc") throws -> String {
    try Fixture.compile("guard_threads.c", with: [compiler, "-O2", "-w", "-pthread"])
  }

  @Test("counts threads however they begin and end, and names who forgot some")
  func all() throws {
    let outcome = try guarded(["all"], ["--summary"])
    #expect(outcome.output == "7 7 7 1 ETIMEDOUT 5 -6\n")
    #expect(
      outcome.errors.contains(
        "threads: 16 created, 9 joined, 5 detached, 0 still run, 2 ended and were never joined; at most "),
      "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        /threads: 2 threads ended and were never joined: created by made\+0x\w+ in guard_threads/),
      "\(outcome.errors)")
    #expect(try guarded(["all"]).errors.isEmpty)
  }

  @Test("a thread that was joined already, or is detached, is told of with its history")
  func twice() throws {
    let outcome = try guarded(["twice"])
    #expect(outcome.output == "0 ESRCH EINVAL\n")
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(
      lines.first?.contains(
        /pthread_join by main\+0x\w+ in \S+ failed with ESRCH: thread \d+, created by made\+0x\w+ in \S+, was joined already by thread \d+ at main\+0x/
      ) ?? false, "\(outcome.errors)")
    #expect(lines.last?.contains("failed with EINVAL: ") ?? false)
    #expect(lines.last?.hasSuffix(", is detached") ?? false, "\(outcome.errors)")
  }

  @Test("a thread that joins itself")
  func itself() throws {
    let outcome = try guarded(["itself"])
    #expect(outcome.output == "EDEADLK\n")
    #expect(outcome.errors.contains("failed with EDEADLK: thread "))
    #expect(outcome.errors.contains(", is the caller itself"), "\(outcome.errors)")
  }

  @Test("a thread that cannot be made: whose address space is used up")
  func space() throws {
    let outcome = try guarded(["space"])
    #expect(outcome.output == "pthread_create: EAGAIN\n")
    #expect(outcome.errors.contains("failed with EAGAIN: a stack of 8192 KiB cannot be mapped: of its address space "))
    #expect(outcome.errors.contains("and its limit, RLIMIT_AS, is 65536"), "\(outcome.errors)")
  }

  @Test("a thread that cannot be made: whose forerunners were never joined", .timeLimit(.minutes(3)))
  func mappings() throws {
    let most = try String(contentsOfFile: "/proc/sys/vm/max_map_count", encoding: .utf8)
    guard let most = Int(most.trimmingCharacters(in: .whitespacesAndNewlines)), most <= 70_000 else { return }
    let outcome = try guarded(["mappings"])
    #expect(outcome.output == "pthread_create: EAGAIN\n")
    #expect(outcome.errors.contains("the process has all the mappings that it may have: "), "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "vm.max_map_count is \(most); most are stacks of threads that ended and were never joined"))
    // Two a thread, and none for our alternate stacks. Threads that are just ending are not counted.
    let waiting = try #require(
      outcome.errors.firstMatch(of: /(\d+) have ended and wait to be joined/).flatMap { Int($0.1) })
    #expect(waiting > most * 9 / 20, "\(outcome.errors)")
  }

  @Test("stacks of the program's own, and the smallest ones, serve as they do without")
  func stacks() throws {
    #expect(try guarded(["stacks"]).output == run([try Self.program(), "stacks"]).output)
    #expect(try guarded(["attributes"]).output == "EAGAIN\n")
  }

  @Test("births and ends from many threads, with forks", arguments: ["gcc"])
  func storm(compiler: String) throws {
    let outcome = try guarded(["storm", "150"], ["--summary"])
    #expect(outcome.status == 0 && outcome.output == "well\n", "\(outcome.output) \(outcome.errors)")
    // Threads that detach themselves may be about to when the program ends.
    let counts = try #require(
      outcome.errors.firstMatch(
        of: /threads: 2400 created, 1800 joined, (\d+) detached, (\d+) still run, 0 ended and were never joined/),
      "\(outcome.errors)")
    #expect((Int(counts.1) ?? 0) + (Int(counts.2) ?? 0) == 600, "\(outcome.errors)")
  }

  @Test("--only without it says nothing")
  func off() throws {
    let outcome = try guarded(["twice"], ["--only", "environment,stack", "--summary"])
    #expect(outcome.output == "0 ESRCH EINVAL\n")
    #expect(!outcome.errors.contains("threads:"), "\(outcome.errors)")
  }
}
