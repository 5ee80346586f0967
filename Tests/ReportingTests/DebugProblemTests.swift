import Diagnosis
import Foundation
import ModuleFiles
import Reporting
import Targets
import TestSupport
import Testing

@Suite("Debug information that cannot be read")
struct DebugProblemTests {
  /// The shortfalls of a report on `write_to_null.c`, after `spoil` did something to its program's copy.
  private func shortfalls(_ spoil: (String) throws -> Void) throws -> [ReportedShortfall] {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let program = folder + "/program"
    try FileManager.default.copyItem(
      atPath: Fixture.compile("write_to_null.c", with: ["gcc", "-g", "-Wl,--build-id"]), toPath: program)
    let core = try Fixture.core(of: [program])
    try spoil(program)
    let target = try CoreTarget(path: core)
    let investigation = Investigation(target: target, finder: target.finder)
    let report = ReportBuilder(investigation, ReportOptions())
      .build(ReportedInput(path: core), findings: [], nextSteps: [])
    return report.shortfalls.filter { $0.what.contains("debug information") && $0.what.contains("program") }
  }

  @Test("is no shortfall where nothing is wrong with it")
  func whole() throws {
    #expect(try shortfalls { _ in }.isEmpty)
  }

  @Test("is a shortfall that says what is wrong and what it cost")
  func damaged() throws {
    let found = try shortfalls { program in
      let section = program + ".section"
      try runChecked(["objcopy", "--dump-section", ".debug_info=" + section, program])
      var bytes = try Data(contentsOf: URL(fileURLWithPath: section))
      // The version of the first unit, behind its length of four bytes.
      bytes[bytes.startIndex + 4] = 99
      try bytes.write(to: URL(fileURLWithPath: section))
      try runChecked(["objcopy", "--update-section", ".debug_info=" + section, program])
    }
    #expect(found.count == 1)
    #expect(found.first?.what.contains("version 99 at 0x") == true, "\(found)")
    #expect(found.first?.cost.contains("lines") == true)
  }

  @Test("is a shortfall where the file is missing that dwz moved a part of it to")
  func supplement() throws {
    let found = try shortfalls { program in
      try runChecked(["cp", program, program + "2"])
      try runChecked(["dwz", "-m", program + ".common", "-M", "gone.debug", program, program + "2"])
    }
    #expect(found.count == 1)
    #expect(found.first?.what.contains("gone.debug") == true, "\(found)")
    #expect(found.first?.cost.contains("--debug-dir") == true)
  }
}
