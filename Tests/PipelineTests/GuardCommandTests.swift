import Foundation
import TestSupport
import Testing

/// `inquest guard`, the way a user has it: what happens to programs under it.
@Suite("inquest guard") struct GuardCommandTests {
  func guarded(
    _ command: [String], _ options: [String] = [], environment: [String: String] = [:], timeout: Double = 120
  ) throws -> Outcome {
    try run(
      [CommandLine.executable, "guard"] + options + ["--"] + command, environment: environment, timeout: timeout)
  }

  static func compiled(_ name: String, _ compiler: [String]) throws -> String {
    try Fixture.compile("guard_\(name).c", with: compiler + ["-O2", "-pthread"])
  }

  @Test(
    "readers, walkers and starts of programs beside writers find nothing wrong", arguments: [["gcc"], ["musl-gcc"]])
  func storm(compiler: [String]) throws {
    let outcome = try guarded([try Self.compiled("storm", compiler), "1500"])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.signal == nil)
    #expect(outcome.output.contains(" 0 wrong"))
    // Once a place: there are five in the program.
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 5, "\(outcome.errors)")
    #expect(lines.allSatisfy { $0.contains("environment: ") && $0.contains("threads run: ") && $0.contains("storm") })
  }

  @Test("without it the same program dies, or finds something wrong")
  func stormAlone() throws {
    let program = try Self.compiled("storm", ["gcc"])
    #expect(
      try (0..<5).contains { _ in
        let outcome = try run([program, "2000"], environment: ["SWIFT_BACKTRACE": "enable=no"])
        return outcome.signal != nil || outcome.status != 0
      })
  }

  /// The command of a storm in Python, so many milliseconds long.
  static func python(_ milliseconds: String) throws -> [String] {
    let library = try Fixture.compile("guard_storm.rs", with: ["rustc", "--crate-type", "cdylib", "-O"])
    return ["python3", try Fixture.path(of: "guard_storm.py"), milliseconds, library]
  }

  @Test("Python's threads read the environment beside a Rust library that changes it")
  func python() throws {
    let outcome = try guarded(Self.python("1500"))
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    #expect(outcome.output.contains(" 0 wrong"))
  }

  @Test("Swift's threads do, ProcessInfo.environment among them")
  func swift() throws {
    let program = try Fixture.compile("guard_storm.swift", with: ["swiftc", "-O"])
    let outcome = try guarded([program, "1500"], environment: ["SWIFT_BACKTRACE": "enable=no"])
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    #expect(outcome.signal == nil)
  }

  @Test(
    "every function gives what libc's gives, errno included",
    arguments: [["gcc"], ["gcc", "-no-pie"], ["clang", "-fuse-ld=lld"], ["musl-gcc"], ["gcc", "-fsanitize=address"]])
  func results(compiler: [String]) throws {
    let program = try Self.compiled("results", compiler)
    let alone = try run([program])
    #expect(try guarded([program]).output == alone.output)
    #expect(alone.output.count > 1000)
  }

  @Test(
    "on aarch64 as well, as far as an emulator shows it",
    .enabled(if: Fixture.has("qemu-aarch64") && Fixture.has(Fixture.aarch64[0])))
  func aarch64() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let library = folder + "/guard.so"
    try runChecked([Fixture.packageRoot + "/Guard/compile", Fixture.aarch64[0], library])
    // What not every libc has is asked for weakly.
    let undefined = try runChecked(["readelf", "-W", "--dyn-syms", library]).output.split(separator: "\n")
      .filter { $0.contains(" GLOBAL ") && $0.contains(" UND ") }
      .compactMap { $0.split(separator: " ").last.map(String.init) }
    let everywhere: Set = ["__environ", "__errno_location", "dl_iterate_phdr", "getauxval", "pthread_self"]
    #expect(Set(undefined).subtracting(everywhere).isEmpty, "\(undefined)")
    let qemu = ["qemu-aarch64", "-L", Fixture.aarch64SystemRoot]
    let preloaded = qemu + ["-E", "LD_PRELOAD=" + library]
    let results = try Self.compiled("results", Fixture.aarch64)
    #expect(try run(preloaded + [results]).output == runChecked(qemu + [results]).output)
    let held = try run(preloaded + [try Self.compiled("values", Fixture.aarch64), "held", "300000"])
    #expect(held.status == 0, "\(held.output)")
    let storm = try run(preloaded + [try Self.compiled("storm", Fixture.aarch64), "1000"])
    #expect(storm.status == 0, "\(storm.output)")
  }

  @Test("memory is bounded where values change for ever, and what getenv returned stays", arguments: ["sets", "held"])
  func values(mode: String) throws {
    let program = try Self.compiled("values", ["gcc"])
    let outcome = try guarded([program, mode, "2500000"], ["--summary"])
    #expect(outcome.status == 0, "\(outcome.output)")
    let grown = try #require(outcome.output.firstMatch(of: /(\d+) KiB more/).flatMap { Int($0.1) })
    // 2.5 million texts take 150 MiB.
    #expect(grown < 110_000, "\(outcome.output)")
    #expect(outcome.errors.contains("2500\(mode == "held" ? "001" : "000") calls of setenv or putenv"))
    #expect(!outcome.errors.contains(" 0 texts used again"))
  }

  @Test(
    "ends as the command does", arguments: [("exit 7", 7, nil), ("kill -TERM $$", 0, SIGTERM), ("exit 0", 0, nil)])
  func status(script: String, status: Int32, signal: Int32?) throws {
    let outcome = try guarded(["sh", "-c", script])
    #expect(outcome.signal == signal)
    if signal == nil { #expect(outcome.status == status) }
    #expect(outcome.errors.isEmpty)
  }

  @Test("says why a program cannot be guarded, with the status that says so")
  func refused() throws {
    let program = try Fixture.compile("write_to_null.c", with: ["gcc", "-static"])
    let fixed = try guarded([program])
    #expect(fixed.status == 125)
    #expect(fixed.errors.contains("cannot guard \(program): it is linked statically"))
    #expect(try guarded(["no-such-command-at-all"]).status == 127)
    #expect(try guarded(["/etc/passwd"]).status == 126)
    #expect(try guarded(["true"], ["--log", "/none/log"]).status == 125)
    #expect(try guarded(["true"], ["--only", "weather"]).status == 64)
    #expect(try guarded(["true"], ["--only", "environment"]).status == 0)
    #expect(try guarded([]).status == 64)
  }

  @Test("children are guarded, and with --no-children find nothing of it, but what the user has preloaded")
  func children() throws {
    let shown = ["sh", "-c", "env | grep -E '^(LD_PRELOAD|INQUEST_GUARD)' || true"]
    let with = try guarded(shown, environment: ["LD_PRELOAD": "libm.so.6"]).output
    #expect(with.contains("libinquest-guard-"))
    #expect(with.contains(":libm.so.6\n"))
    #expect(with.contains("INQUEST_GUARD="))
    #expect(
      try guarded(shown, ["--no-children"], environment: ["LD_PRELOAD": "libm.so.6"]).output == "LD_PRELOAD=libm.so.6\n"
    )
    #expect(try guarded(shown, ["--no-children", "--log", "/dev/null"]).output == "")
    let options = ["sh", "-c", "echo \"[$ASAN_OPTIONS]\""]
    #expect(try guarded(options, ["--no-children"]).output == "[]\n")
    #expect(try guarded(options, ["--no-children"], environment: ["ASAN_OPTIONS": "a=1"]).output == "[a=1]\n")
    let own = ["ASAN_OPTIONS": "verify_asan_link_order=0"]
    #expect(try guarded(options, ["--no-children"], environment: own).output == "[verify_asan_link_order=0]\n")
  }

  @Test("--log takes what would stand on standard error, of children in other folders too")
  func log() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let program = try Self.compiled("storm", ["gcc"])
    let outcome = try run(
      [CommandLine.executable, "guard", "--summary", "--log", "log", "--", "sh", "-c", "cd /; \(program) 200"],
      in: folder)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    let text = try String(contentsOfFile: folder + "/log", encoding: .utf8)
    #expect(text.contains("inquest guard: guard_storm"))
    #expect(text.contains("places intervened for"))
  }

  @Test("nothing is said where there is one thread, and nothing where standard error became another file")
  func silence() throws {
    let values = try Self.compiled("values", ["gcc"])
    #expect(try guarded([values, "sets", "1000"]).errors.isEmpty)
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let script = "exec 2>\(folder)/data; exec \(try Self.compiled("storm", ["gcc"])) 200"
    // The program that is executed takes the new one for its own: so the file is put there by the program itself.
    _ = try guarded(["sh", "-c", script])
    #expect(try String(contentsOfFile: folder + "/data", encoding: .utf8).contains("inquest guard"))
    let python = """
      import ctypes, os, threading
      os.dup2(os.open("\(folder)/own", os.O_CREAT | os.O_WRONLY), 2)
      thread = threading.Thread(target=lambda: [ctypes.CDLL(None).setenv(b"A%d" % n, b"1", 1) for n in range(99)])
      thread.start(); thread.join()
      """
    #expect(try guarded(["python3", "-c", python]).status == 0)
    #expect(try String(contentsOfFile: folder + "/own", encoding: .utf8).isEmpty)
  }

  @Test(
    "programs do what they do without it",
    arguments: [
      ["bash", "-c", "export A=1; unset A; B=2 bash -c 'echo $B'; export C=3; env | grep -c ^C=3; echo ${A-none}"],
      ["git", "--version"], ["env", "-i", "A=1", "env"],
      [
        "python3", "-c",
        "import os; os.environ['X']='1'; os.system('echo $X'); del os.environ['X']; os.system('echo [$X]')",
      ],
      ["sh", "-c", "git config --global --list >/dev/null 2>&1; GIT_DIR=/none git status 2>&1 | head -c 20"],
    ])
  func unharmed(command: [String]) throws {
    let alone = try run(command)
    let with = try guarded(command)
    #expect(with.output == alone.output)
    #expect(with.errors == alone.errors)
    #expect(with.status == alone.status)
  }
}
