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

  @Test("a sandbox meets no system call of ours where there is nothing to tell") func sandbox() throws {
    let outcome = try guarded(["sandbox"])
    #expect(outcome.output == "well\n" && outcome.status == 0 && outcome.signal == nil, "\(outcome)")
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
    "a function's name stands as its author wrote it where that is simple, and as it is where it has more to it",
    arguments: [
      ("$s5tools4deepyS2i_SaySiGtF", "tools.deep"), ("$s4main6ParserC5parse5depthS2i_tF", "main.Parser.parse"),
      ("$s4main3fooyyF5innerL_yyF", nil), ("$s4main3fooSivg", nil), ("$s", nil), ("$s4main", nil),
      ("_ZN6parser5parse17h0123456789abcdefE", "parser::parse"), ("_ZNK3foo3barEv", "foo::bar"), ("_Z4deepi", "deep"),
      ("_Z4deepIiEvT_", nil), ("_ZN3fooC1Ev", nil), ("_ZN3foo", nil), ("_ZN9foo", nil), ("_Z", nil),
      ("_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE", nil),
      ("_RNvNtCsjr_3std2rt4main", "std::rt::main"), ("_RNvMs_NtCs1_3std2rt4main", nil), ("_RNv", nil),
      ("_ZN20abcdefghijklmnopqrst20abcdefghijklmnopqrstEv", nil), ("main", nil), ("_", nil),
    ])
  func names(mangled: String, plain: String?) throws {
    let program = try Fixture.compile("guard_names.c", with: ["gcc", "-O1", "-g", "-fsanitize=address,undefined"])
    #expect(try runChecked([program, mangled]).output == (plain ?? mangled) + "\n")
  }

  @Test("a dynamic linker that is named as the command loads it into its program") func dynamicLinker() throws {
    let program = try Self.program()
    let linker = try #require(
      run(["readelf", "-lW", program]).output.firstMatch(of: /interpreter: ([^\]]+)\]/).map { String($0.1) })
    let outcome = try run([CommandLine.executable, "guard", "--", linker, program, "plain"])
    #expect(outcome.output == "well\n" && outcome.errors.contains("setenv(\"SET\")"), "\(outcome)")
  }

  @Test("it works where there is no /proc", .enabled(if: geteuid() == 0 && Fixture.has("unshare"))) func noProc() throws
  {
    let outcome = try run([
      "unshare", "-m", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh", CommandLine.executable, "guard",
      "--",
      try Self.program(), "plain",
    ])
    // Where namespaces are forbidden, there is nothing to be seen.
    guard !outcome.errors.contains("unshare: ") else { return }
    #expect(outcome.output == "well\n" && outcome.errors.contains("while other threads may run"), "\(outcome)")
  }

  @Test("the log may be a pipe's name", arguments: ["/dev/stderr", "/dev/stdout"]) func pipe(name: String) throws {
    let outcome = try run([
      "bash", "-c", "\"$@\" 2>&1 | cat", "bash", CommandLine.executable, "guard", "--log", name, "--",
      try Self.program(),
      "plain",
    ])
    #expect(outcome.output.hasSuffix("well\n") && outcome.output.contains("setenv(\"SET\")"), "\(outcome)")
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
