import Foundation
import TestSupport
import Testing

/// What is not as it would be without `inquest run`, and is said.
@Suite("What a program lacks under inquest run", .serialized)
struct RunLimitsTests {
  private func said(_ outcome: Outcome) -> String {
    outcome.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test(
    "a tracer of its own is refused, which is said by name and once",
    arguments: [("me", 1, "asks to be traced"), ("seize", 1, "tries to trace process")] as [(String, Int32, String)])
  func tracer(mode: String, status: Int32, words: String) throws {
    let program = try Fixture.compile("gdb_like.c", with: ["gcc", "-O1"])
    #expect(try run([program, mode]).status == 7)
    let outcome = try run([
      CommandLine.executable, "run", "--", "sh", "-c", "\"$0\" $1; \"$0\" $1", program, mode,
    ])
    #expect(outcome.status == status)
    #expect(said(outcome).hasPrefix("inquest: gdb_like"), "\(outcome.errors)")
    #expect(said(outcome).contains(words), "\(outcome.errors)")
    #expect(said(outcome).components(separatedBy: "one tracer at most").count == 2, "\(outcome.errors)")
  }

  @Test(
    "a tracer that traces nobody, or is refused for another reason, is told nothing",
    arguments: [("nothing", 7), ("nobody", 3)] as [(String, Int32)])
  func noTracer(mode: String, status: Int32) throws {
    let program = try Fixture.compile("gdb_like.c", with: ["gcc", "-O1"])
    let outcome = try run([CommandLine.executable, "run", "--", program, mode])
    #expect(outcome.status == status)
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test("strace is told of, and says itself what it says", .enabled(if: Fixture.has("strace")))
  func strace() throws {
    let outcome = try run([CommandLine.executable, "run", "--", "strace", "-o", "/dev/null", "true"])
    #expect(said(outcome).contains("inquest: strace (pid "), "\(outcome.errors)")
  }

  @Test(
    "a set-uid program that has not its privilege is told of, where it would have it without us",
    .enabled(if: geteuid() == 0))
  func privilege() throws {
    let folder = try temporaryDirectory()
    let program = folder + "/whoami"
    try Fixture.copy(Fixture.compile("whoami.c", with: ["gcc", "-O1"]), to: program)
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for (mode, gained, words) in [
      (0o4755, "0 65534\n", "set-uid root"), (0o2755, "65534 0\n", "set-gid to group 0"), (0o755, "65534 65534\n", ""),
    ] {
      #expect(chmod(program, mode_t(mode)) == 0)
      let native = try run(nobody + [program])
      let outcome = try run(nobody + [CommandLine.executable, "run", "--", "sh", "-c", "\(program); \(program)"])
      #expect(outcome.status == 0)
      #expect(outcome.output == "65534 65534\n65534 65534\n")
      // Not every file system gives it.
      let isLost = native.output == gained && mode != 0o755
      #expect(said(outcome).components(separatedBy: "without the privilege").count == (isLost ? 2 : 1))
      if isLost { #expect(said(outcome).contains("whoami (pid "), "\(outcome.errors)") }
      if isLost { #expect(said(outcome).contains(words), "\(outcome.errors)") }
      // Who may trace everything takes nothing away.
      let ours = try run([CommandLine.executable, "run", "--", program])
      #expect(ours.errors.isEmpty, "\(ours.errors)")
      let without = try run(nobody + ["--no-new-privs", CommandLine.executable, "run", "--", program])
      #expect(without.errors.isEmpty, "\(without.errors)")
    }
  }
}
