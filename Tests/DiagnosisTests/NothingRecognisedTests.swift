import Diagnosis
import Testing
import TestSupport

@Suite struct NothingRecognisedTests {
  @Test("of a process that lives nothing is invented, and what to look at is said")
  func alive() throws {
    let program = try Fixture.compile("waiting.c", with: ["gcc", "-O1", "-g"])
    let investigation = try investigate(try Fixture.liveCore(of: [program]))
    let findings = investigation.diagnose()
    #expect(findings.isEmpty, "\(findings.map(\.summary))")
    #expect(!investigation.nextSteps().isEmpty)
  }
}
