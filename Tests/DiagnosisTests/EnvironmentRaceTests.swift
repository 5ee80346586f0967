import Diagnosis
import Foundation
import Testing
import TestSupport

@Suite struct EnvironmentRaceTests {
  @Test(
    "getenv beside setenv is proved by the array that was walked",
    arguments: [["-O1", "-g"], ["-O2", "-s"], ["-O1", "-g", "-DOWN_ENVIRON"]])
  func race(_ options: [String]) throws {
    let program = try Fixture.compile("environment_race.c", with: ["gcc"] + options, after: ["-lpthread"])
    for _ in 0..<3 {
      let findings = try investigate(try Fixture.core(of: [program])).diagnose()
      let all = findings.map(\.summary).joined(separator: "\n")
      let finding = try #require(findings.first, "nothing recognised")
      #expect(finding.hazard == .environmentRace, "\(all)")
      #expect(finding.certainty == .proved, "\(all)")
      #expect(finding.evidence.contains { $0.statement.contains("is not inside environ") }, "\(all)")
      #expect(
        finding.evidence.contains {
          $0.statement.contains("entries of environ") || $0.statement.contains("the array had been freed")
        }, "\(all)")
      #expect(finding.evidence.contains { $0.statement.contains("setenv: environment_race") }, "\(all)")
      #expect(!all.contains("/usr/share/"), "values of variables are never shown:\n\(all)")
    }
  }

  @Test("an array that was freed and not yet replaced is proved by the thread that replaces it")
  func beingReplaced() throws {
    try Case(
      source: "environment_freed.c", mode: "replacing", hazard: .environmentRace,
      says: ["another thread had just freed"],
      shows: ["malloc's link from a free block", "is inside realloc, called by"]
    ).check()
  }

  @Test("an array that was unmapped while it was walked is proved by the entry that was read last")
  func unmapped() throws {
    try Case(
      source: "environment_freed.c", mode: "unmapped", hazard: .environmentRace,
      says: ["another thread had already replaced"], shows: ["is no longer mapped", "could not read the array itself"]
    ).check()
  }

  @Test("an array that the program freed itself is not proved, nor likely, to be a race")
  func freedByProgram() throws {
    let program = try Fixture.compile("environment_freed.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"])
    let findings = try investigate(try Fixture.core(of: [program, "freed-by-program"])).diagnose()
    let races = findings.filter { $0.hazard == .environmentRace && $0.certainty != .possible }
    #expect(!findings.isEmpty)
    #expect(races.isEmpty, "\(findings.map(\.summary))")
  }

  static let nearMisses: [Case] = [
    Case(source: "environment_near_misses.c", mode: "null-name", hazard: .nullDereference, certainty: nil),
    Case(source: "environment_near_misses.c", mode: "wild-name", hazard: .wildAddress, certainty: .likely),
    Case(source: "environment_near_misses.c", mode: "bad-entry", hazard: .wildAddress, certainty: .likely),
    Case(source: "environment_near_misses.c", mode: "environ-overwritten", hazard: .wildAddress, certainty: .likely),
    Case(source: "environment_near_misses.c", mode: "single-threaded-overwritten", hazard: .nonCanonicalAddress),
    Case(
      source: "environment_near_misses.c", mode: "kernel-array-overwritten", hazard: .wildAddress, certainty: .likely),
    Case(source: "environment_near_misses.c", mode: "envp-in-register", hazard: .nullDereference, certainty: nil),
  ]

  @Test("crashes near the environment that are no race are not called one", arguments: nearMisses)
  func nearMiss(_ example: Case) throws {
    var example = example
    example.never = [.environmentRace]
    try example.check()
  }

  @Test("an old array that the program kept itself is not proved to be a race")
  func keptArray() throws {
    let program = try Fixture.compile(
      "environment_near_misses.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"])
    let findings = try investigate(try Fixture.core(of: [program, "kept-old-array"])).diagnose()
    let proved = findings.filter { $0.hazard == .environmentRace && $0.certainty == .proved }
    #expect(proved.isEmpty, "\(findings.map(\.summary))")
  }

  @Test(
    "the race is told on other C libraries, and in static programs", arguments: [["musl-gcc"], ["gcc", "-static"]])
  func libraries(_ compiler: [String]) throws {
    let program = try Fixture.compile("environment_race.c", with: compiler + ["-O1", "-g"], after: ["-lpthread"])
    let findings = try investigate(try Fixture.core(of: [program])).diagnose()
    let all = findings.map(\.summary).joined(separator: "\n")
    #expect(findings.first?.hazard == .environmentRace, "\(all)")
    #expect(findings.first?.statement.hasPrefix("getenv") == true, "\(all)")
    // The environ that counts is the program's copy: musl's own still points to the array that the kernel made.
    let sizes = (findings.first?.evidence ?? []).compactMap { evidence in
      evidence.statement.split(separator: ", ").first { $0.hasSuffix(" entries)") }?.split(separator: " ").first
    }.compactMap { Int($0) }
    let initial = ProcessInfo.processInfo.environment.count
    #expect(sizes.allSatisfy { $0 >= initial + 30 }, "\(sizes), \(initial) at the start: \(all)")
  }
}
