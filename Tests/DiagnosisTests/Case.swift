import Diagnosis
import ModuleFiles
import Testing
import TestSupport

/// One program run to its death, and what is to be said of it.
struct Case: Sendable, CustomTestStringConvertible {
  let source: String
  let mode: String
  var compiler: [String] = ["gcc", "-O1", "-g"]
  var after: [String] = ["-lpthread"]
  /// The first finding's hazard; nil for none at all.
  let hazard: Hazard?
  var certainty: Certainty? = .proved
  /// What its statement must say.
  var says: [String] = []
  /// What its evidence must hold, each in some piece of it.
  var shows: [String] = []
  /// What no finding may be.
  var never: [Hazard] = []

  var testDescription: String { "\(source) \(mode)" }

  func findings() throws -> [Finding] {
    let program = try Fixture.compile(source, with: compiler, after: after)
    let core = try Fixture.core(of: [program, mode])
    return try investigate(core).diagnose()
  }

  func check() throws { try check(try findings()) }

  /// Compares what was found with what is to be.
  func check(_ findings: [Finding]) throws {
    let all = findings.map(\.summary).joined(separator: "\n")
    #expect(findings.first?.hazard == hazard, "\(all)")
    if let certainty, hazard != nil { #expect(findings.first?.certainty == certainty, "\(all)") }
    for text in says { #expect(findings.first?.statement.contains(text) == true, "\(text) is not said in:\n\(all)") }
    for text in shows {
      #expect(
        findings.first?.evidence.contains { $0.statement.contains(text) } == true, "\(text) is not shown in:\n\(all)")
    }
    for hazard in never { #expect(!findings.contains { $0.hazard == hazard }, "\(all)") }
    for finding in findings {
      #expect(!finding.evidence.isEmpty, "\(all)")
      #expect(!finding.statement.isEmpty)
      for evidence in finding.evidence where evidence.bytes != nil { #expect(evidence.address != nil, "\(all)") }
    }
  }
}
