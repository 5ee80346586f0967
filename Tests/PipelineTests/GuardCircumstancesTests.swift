import Foundation
import TestSupport
import Testing

/// `inquest guard` in places where little is as usual: what it has to tell does no harm, and gets through.
@Suite("inquest guard: circumstances") struct GuardCircumstancesTests {
  private static func program() throws -> String {
    try Fixture.compile("guard_lines.c", with: ["gcc", "-O2", "-pthread"])
  }

  private func guarded(_ mode: [String], _ options: [String] = []) throws -> Outcome {
    try run([CommandLine.executable, "guard"] + options + ["--", try Self.program()] + mode, timeout: 60)
  }

  /// What the log and standard error have when a program has ended well.
  private func told(_ mode: [String]) throws -> (log: String, errors: String) {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let outcome = try guarded(mode, ["--log", folder + "/log"])
    #expect(outcome.output == "well\n" && outcome.status == 0 && outcome.signal == nil, "\(outcome)")
    return (try String(contentsOfFile: folder + "/log", encoding: .utf8), outcome.errors)
  }

  @Test("a line for which there is no reader any more ends nobody") func readerGone() throws {
    let outcome = try guarded(["gone"])
    #expect(outcome.output == "well\n" && outcome.status == 0 && outcome.signal == nil, "\(outcome)")
  }

  @Test("nor does one that is beyond the limit of a file's size; it stands on standard error then") func limit() throws
  {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    // Pipes, which have no such limit.
    let outcome = try run([
      "bash", "-c", "set -o pipefail; \"$@\" 2>&1 | cat", "bash", CommandLine.executable, "guard", "--log",
      folder + "/log", "--", try Self.program(), "limit",
    ])
    #expect(outcome.status == 0 && outcome.signal == nil)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 3, "\(outcome)")
    #expect(lines.first?.hasSuffix("cannot write log; what this process tells stands here") ?? false)
    #expect(lines.dropFirst().first?.contains("setenv(\"SET\")") ?? false)
    #expect(lines.last == "well")
    #expect(try String(contentsOfFile: folder + "/log", encoding: .utf8).isEmpty)
  }

  @Test(
    "the log is written by a process without descriptors, or that has closed all, and nothing of the program's is",
    arguments: ["plain", "descriptors", "closed", "replaced"])
  func log(mode: String) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let (log, errors) = try told([mode, folder + "/own"])
    #expect(log.split(separator: "\n").count == 1 && log.contains("setenv(\"SET\")"), "\(log)")
    #expect(errors.isEmpty)
    if mode == "replaced" { #expect(try String(contentsOfFile: folder + "/own", encoding: .utf8).isEmpty) }
  }

  @Test("also by one that has dropped its privileges or changed its root", .enabled(if: geteuid() == 0))
  func dropped() throws {
    #expect(try told(["nobody-late"]).log.contains("setenv(\"SET\")"))
    #expect(try told(["root-late"]).log.contains("while other threads may run: "))
  }

  @Test("one that never could says so, and tells on standard error", .enabled(if: geteuid() == 0))
  func forbidden() throws {
    let (log, errors) = try told(["nobody"])
    #expect(log.isEmpty)
    let lines = errors.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(
      lines.first?.hasSuffix("cannot write log: permission denied; what this process tells stands here") ?? false,
      "\(errors)")
    #expect(lines.last?.contains("setenv(\"SET\")") ?? false)
  }

  @Test(
    "forks wait for no thread that waits for them: libraries' handlers of forks, and forks in signal handlers",
    arguments: [("threads", 400), ("environment", 1500), ("handler", 150)])
  func forks(mode: String, count: Int) throws {
    let library = try Fixture.compile(
      "guard_forks.c", with: ["gcc", "-O2", "-DLIBRARY", "-shared", "-fPIC", "-pthread"])
    let program = try Fixture.compile("guard_forks.c", with: ["gcc", "-O2", "-pthread"], after: [library])
    let outcome = try run([CommandLine.executable, "guard", "--", program, mode, "\(count)"], timeout: 100)
    #expect(outcome.output == "well\n" && outcome.status == 0, "\(outcome)")
  }
}
