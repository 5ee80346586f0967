import Foundation
import TestSupport
import Testing

/// The long ones: `make soak` sets INQUEST_SOAK.
@Suite("Soak: Handrail", .enabled(if: ProcessInfo.processInfo.environment["INQUEST_SOAK"] != nil), .serialized)
struct HandrailSoakTests {
  private static let rounds = ProcessInfo.processInfo.environment["INQUEST_SOAK"].flatMap { Int($0) } ?? 1

  @Test("storms on the environment, a tenth of a second a round")
  func environment() throws {
    let outcome = try run(
      [TrialTests.program, "storm", String(Self.rounds * 100)], environment: ["SWIFT_BACKTRACE": "enable=no"],
      timeout: Double(Self.rounds) / 10 + 600)
    #expect(outcome.signal == nil && outcome.output == "0 wrong\n", "\(outcome.output) \(outcome.errors)")
  }

  @Test("cancellations, twenty a round", arguments: ["open", "accept", "read"])
  func leaks(kind: String) throws {
    let count = Self.rounds * 20
    let outcome = try run([TrialTests.program, "leaks", String(count), kind], timeout: Double(Self.rounds) + 600)
    #expect(outcome.output == "\(count) cancelled, 0 lost, 0 not cancelled\n")
  }

  @Test("the core, with other libcs", arguments: [["gcc"], ["musl-gcc"]])
  func core(compiler: [String]) throws {
    let program = try CoreTests.compiled("handrail_core", compiler)
    let outcome = try run([program, String(Self.rounds * 10)], timeout: Double(Self.rounds) + 600)
    #expect(outcome.output == "0 wrong of 1000\n", "\(outcome.errors)")
  }
}
