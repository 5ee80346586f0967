import Foundation
import TestSupport
import Testing

@Suite("The section INPUT")
struct InputSectionTests {
  @Test("stands before the stacks, and tells what rustc was parsing")
  func rustc() throws {
    let outcome = try run([CommandLine.executable, "core", Fixture.rustcParserCore()])
    let lines = outcome.output.split(separator: "\n")
    let heading = try #require(lines.firstIndex { $0.hasPrefix("INPUT") }, "\(outcome.output)")
    let stack = try #require(lines.firstIndex { $0.hasPrefix("STACK") })
    #expect(heading < stack)
    #expect(lines[heading + 1].contains("/nested-"), "\(lines[heading + 1])")
    #expect(lines[heading + 2].hasPrefix("    frame "))
  }

  @Test("is not there where nothing tells")
  func nothing() throws {
    let program = try Fixture.compile("write_to_null.c", with: ["gcc"])
    let outcome = try run([CommandLine.executable, "core", Fixture.core(of: [program])])
    #expect(!outcome.output.contains("INPUT"), "\(outcome.output)")
  }
}
