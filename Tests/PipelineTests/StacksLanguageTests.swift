import TestSupport
import Testing

/// `inquest stacks` of programs in other languages that hang, and of such that only seem to.
@Suite("inquest stacks of C++, Rust, Swift and musl", .serialized)
struct StacksLanguageTests {
  /// What stands behind "VERDICT", and all of the report, with single spaces.
  private func report(_ command: [String]) throws -> (verdict: String, text: String) {
    let program = try RunningProgram(command)
    program.settle()
    let text = try CommandLine.inquest("stacks", "\(program.pid)").output.split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    let verdict = text.range(of: "VERDICT ").map { String(text[$0.upperBound...]) } ?? ""
    #expect(program.state == "S", "it goes on as before")
    return (verdict, text)
  }

  private func check(_ command: [String], _ verdict: String, _ words: [String]) throws {
    let report = try report(command)
    #expect(report.verdict.hasPrefix(verdict), "\(report.verdict.prefix(400))")
    for word in words { #expect(report.text.contains(word), "\(report.text)") }
  }

  @Test(
    "std::mutex, std::condition_variable",
    arguments: [
      ("inversion", "deadlock, proved", ["which thread", "transfer(Account&, Account&)"]),
      ("recursive", "deadlock, proved", ["waits for mutex registry"]),
      ("condition", "lost wakeup, likely", ["1 for a condition variable"]),
      // A sleeper signals it, one day.
      ("condition-later", "none", ["to be signalled", "sleeps for a time"]),
    ])
  func cxx(mode: String, verdict: String, words: [String]) throws {
    let program = try Fixture.compile("hang_mutex.cpp", with: ["g++", "-std=c++20", "-O1", "-g"], after: ["-lpthread"])
    try check([program, mode], verdict, words)
  }

  @Test(
    "Rust's Mutex, and park",
    arguments: [
      ("inversion", "deadlock, likely", ["hang_mutex::pay at hang_mutex.rs:"]),
      ("park", "lost wakeup, likely", ["is parked until another thread unparks it"]),
      // A third thread, which sleeps, has both of the locks; a sleeper unparks it.
      ("held", "none", ["hang_mutex::pay"]), ("park-later", "none", ["is parked until another thread unparks it"]),
    ])
  func rust(mode: String, verdict: String, words: [String]) throws {
    try check([Fixture.compile("hang_mutex.rs", with: ["rustc", "-g"]), mode], verdict, words)
  }

  @Test(
    "Swift's Mutex, and queues of dispatch",
    arguments: [
      ("queues-only", "lost wakeup, likely", ["waits for a dispatch queue"]),
      ("mutex", "none", ["waits for mutex", "waits for semaphore"]),
      ("queue-busy", "none", ["waits for a dispatch queue", "sleeps for a time"]),
    ])
  func swift(mode: String, verdict: String, words: [String]) throws {
    try check([Fixture.compile("hang_mutex.swift", with: ["swiftc", "-g"]), mode], verdict, words)
  }

  @Test("musl, dynamic and static", arguments: [[], ["-static"]])
  func musl(options: [String]) throws {
    let program = try Fixture.compile("hang_locks.c", with: ["musl-gcc", "-O1", "-g"] + options)
    try check([program, "chain"], "deadlock, proved", ["3 threads wait for each other", "waits for mutex journal"])
    try check([program, "held-by-sleeper"], "none", ["waits for mutex", "sleeps for a time"])
  }
}
