import Foundation
import TestSupport
import Testing

/// The long ones: `make soak` sets INQUEST_SOAK. A storm lasts as many tenths of a second as it says.
@Suite("Soak: inquest guard", .enabled(if: ProcessInfo.processInfo.environment["INQUEST_SOAK"] != nil), .serialized)
struct GuardSoakTests {
  private static let rounds = ProcessInfo.processInfo.environment["INQUEST_SOAK"].flatMap { Int($0) } ?? 1
  private static let milliseconds = String(rounds * 100)

  private func guarded(_ command: [String], environment: [String: String] = [:]) throws -> Outcome {
    try run(
      [CommandLine.executable, "guard", "--"] + command, environment: environment,
      timeout: Double(Self.rounds) / 10 + 600)
  }

  @Test("storms of writers, readers, walkers and starts", arguments: [["gcc"], ["musl-gcc"]])
  func storms(compiler: [String]) throws {
    let outcome = try guarded([try GuardCommandTests.compiled("storm", compiler), Self.milliseconds])
    #expect(outcome.status == 0 && outcome.signal == nil, "\(outcome.output)")
  }

  @Test("storms in Python and in Swift")
  func languages() throws {
    let python = try guarded(GuardCommandTests.python(Self.milliseconds))
    #expect(python.status == 0, "\(python.output) \(python.errors)")
    let program = try Fixture.compile("guard_storm.swift", with: ["swiftc", "-O"])
    let swift = try guarded([program, Self.milliseconds], environment: ["SWIFT_BACKTRACE": "enable=no"])
    #expect(swift.status == 0 && swift.signal == nil, "\(swift.output) \(swift.errors)")
  }

  @Test("a hundred million sets take no more memory than the first million")
  func bounded() throws {
    let program = try GuardCommandTests.compiled("values", ["gcc"])
    func grown(_ count: String) throws -> Int {
      let output = try guarded([program, "sets", count]).output
      return try #require(output.firstMatch(of: /(\d+) KiB more/).flatMap { Int($0.1) })
    }
    #expect(try grown("100000000") < 2 * grown("1500000"))
  }

  @Test("getenv is no slower than libc's", arguments: ["30", "300"])
  func speed(variables: String) throws {
    let program = try GuardCommandTests.compiled("values", ["gcc"])
    func nanoseconds(_ outcome: Outcome) throws -> Double {
      try #require(outcome.output.firstMatch(of: /([\d.]+) ns a call/).flatMap { Double($0.1) })
    }
    let pairs = try (0..<7).map { _ in
      (
        try nanoseconds(run([program, "get", "300000", variables])),
        try nanoseconds(guarded([program, "get", "300000", variables]))
      )
    }
    let alone = try #require(pairs.map(\.0).min())
    let with = try #require(pairs.map(\.1).min())
    #expect(with < alone * 1.1, "\(pairs)")
  }

  @Test("making and joining a thread costs at most 25 microseconds more")
  func threads() throws {
    let program = try Fixture.compile("guard_threads.c", with: ["gcc", "-O2", "-w", "-pthread"])
    func microseconds(_ outcome: Outcome) throws -> Double {
      try #require(outcome.output.firstMatch(of: /([\d.]+) us/).flatMap { Double($0.1) })
    }
    let pairs = try (0..<5).map { _ in
      (try microseconds(run([program, "cost", "20000"])), try microseconds(guarded([program, "cost", "20000"])))
    }
    let alone = try #require(pairs.map(\.0).min())
    let with = try #require(pairs.map(\.1).min())
    #expect(with < alone + 25, "\(pairs)")
    let storm = try guarded([program, "storm", Self.milliseconds])
    #expect(storm.output == "well\n", "\(storm.output) \(storm.errors.prefix(1000))")
  }

  @Test("Python's own tests of the environment and of threads pass", arguments: ["test_os", "test_threading"])
  func python(name: String) throws {
    let alone = try run(["python3", "-m", "test", name], timeout: 600)
    guard alone.status == 0 else { return }
    let outcome = try guarded(["python3", "-m", "test", name])
    #expect(outcome.status == 0, "\(outcome.output.suffix(3000)) \(outcome.errors.suffix(1000))")
  }

  @Test("threads are cancelled by the thousand, and nothing is lost", arguments: GuardCancellationTests.losing)
  func cancellations(call: String) throws {
    let count = String(Self.rounds * 25)
    let outcome = try guarded([try GuardCancellationTests.compiled("leaks"), call, count])
    #expect(outcome.status == 0, "\(outcome.output)")
  }

  #if arch(x86_64)
    @Test("a cancellation at each instruction of each cancellation point")
    func windows() throws {
      let outcome = try guarded([try GuardCancellationTests.compiled("windows")])
      #expect(outcome.status == 0, "\(outcome.output)")
    }
  #endif
}
