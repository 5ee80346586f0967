import Diagnosis
import Testing
import TestSupport

/// Programs that nobody wrote for a test.
@Suite struct RealCrashTests {
  private func first(_ core: String) throws -> (finding: Finding, all: String) {
    let findings = try investigate(core).diagnose()
    let all = findings.map(\.summary).joined(separator: "\n")
    return (try #require(findings.first, "nothing recognised"), all)
  }

  @Test("rustc out of stack in its parser")
  func rustcParser() throws {
    let (finding, all) = try first(try Fixture.rustcParserCore())
    #expect(finding.hazard == .stackExhaustion, "\(all)")
    #expect(finding.certainty == .proved, "\(all)")
    #expect(finding.statement.contains("rustc_parse") || finding.statement.contains("parse_"), "\(all)")
  }

  @Test("rustc out of stack in a single frame")
  func rustcSingleFrame() throws {
    let (finding, all) = try first(try Fixture.rustcSingleFrameCore())
    #expect(finding.hazard == .stackExhaustion, "\(all)")
    #expect(finding.certainty == .proved, "\(all)")
    #expect(!finding.statement.contains("turns deep"), "\(all)")
    #expect(finding.evidence.contains { $0.statement.contains("frame") }, "\(all)")
  }

  @Test("Python, whose libc read the environment while a native thread changed it")
  func python() throws {
    let (finding, all) = try first(try Fixture.pythonRaceCore())
    #expect(finding.hazard == .environmentRace, "\(all)")
    #expect(finding.statement.contains("getenv"), "\(all)")
  }

  @Test("a segment of the real stacker crate that ran out, and who made it")
  func stacker() throws {
    let program = try Fixture.compileWithStacker("stacker_exhaustion.rs")
    let (finding, all) = try first(try Fixture.core(of: [program]))
    #expect(finding.hazard == .stackExhaustion, "\(all)")
    #expect(finding.certainty == .proved, "\(all)")
    #expect(finding.statement.contains("a stack segment that the program mapped itself"), "\(all)")
    #expect(finding.evidence.contains { $0.statement.contains("stacker") }, "\(all)")
    #expect(finding.remedies.contains { $0.contains("maybe_grow") }, "\(all)")
  }

  @Test("a null read at the end of many healthy segments is no exhaustion")
  func stackerNull() throws {
    let program = try Fixture.compileWithStacker("stacker_segments.rs")
    let (finding, all) = try first(try Fixture.core(of: [program]))
    #expect(finding.hazard == .nullDereference, "\(all)")
    #expect(!all.contains("stack-exhaustion"), "\(all)")
  }
}
