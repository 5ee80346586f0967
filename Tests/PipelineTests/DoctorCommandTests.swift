import Foundation
import TestSupport
import Testing

@Suite("inquest doctor")
struct DoctorCommandTests {
  @Test("blames the limit of the shell that it was started from, and ends with a status that says so")
  func limit() throws {
    let executable = CommandLine.executable
    let outcome = try run(["sh", "-c", "ulimit -S -c 0; exec \(executable) doctor"])
    let pattern = try String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)
    guard !pattern.hasPrefix("|") else { return }
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("problem  core size limit: ulimit -c is 0 in this shell"))
  }

  @Test("says the same as JSON")
  func json() throws {
    let outcome = try CommandLine.inquest("doctor", "--json")
    let checks = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
    #expect(checks.contains { $0["name"] as? String == "core_pattern" })
    #expect(outcome.status == (checks.contains { $0["state"] as? String == "problem" } ? 1 : 0))
  }
}
