import Foundation
import TestSupport
import Testing

/// `inquest run`, as a user runs it.
@Suite("A program under inquest run", .serialized)
struct RunTests {
  private func supervised(_ options: [String] = [], _ mode: String) throws -> Outcome {
    let program = try Fixture.compile("supervised.c", with: ["gcc", "-O1", "-g", "-w"], after: ["-lpthread"])
    return try run([CommandLine.executable, "run"] + options + ["--", program, mode], timeout: 90)
  }

  @Test(
    "ends as it would alone",
    arguments: [
      ("exit 0", 0, nil), ("exit 7", 7, nil), ("kill -TERM $$", 15, 15), ("kill -KILL $$", 9, 9),
      ("true | false", 1, nil), ("(exit 3) & wait $!", 3, nil),
    ] as [(String, Int32, Int32?)])
  func statuses(script: String, status: Int32, signal: Int32?) throws {
    let outcome = try CommandLine.inquest("run", "--", "sh", "-c", script)
    #expect(outcome.signal == signal)
    #expect(outcome.status == status)
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test(
    "that is not there, or cannot be executed, is told as env(1) does",
    arguments: [("/nonexistent/x", 127), ("/etc/passwd", 126)] as [(String, Int32)])
  func missing(command: String, status: Int32) throws {
    let outcome = try CommandLine.inquest("run", "--", command)
    #expect(outcome.status == status)
    #expect(outcome.errors.contains("cannot run \(command)"))
  }

  @Test("has its own streams, arguments and options")
  func streams() throws {
    let outcome = try CommandLine.inquest("run", "sh", "-c", "echo \"$1\"; echo err >&2; cat", "--", "--core")
    #expect(outcome.output == "--core\n")
    #expect(outcome.errors == "err\n")
  }

  @Test("has the signals, descriptors, limits and processors that it would have alone", arguments: ["run", "trace"])
  func surroundings(command: String) throws {
    let program = try Fixture.compile("tracing_hostile.c", with: ["gcc", "-O1"], after: ["-lpthread"])
    let words = [program, "what_it_was_given"]
    let output = command == "trace" ? ["--output", "/dev/null"] : []
    let outcome = try run([CommandLine.executable, command] + output + ["--"] + words)
    #expect(try outcome.output == run(words).output)
  }

  @Test(
    "that does nothing wrong with threads is told nothing of",
    arguments: [
      ("all-joined", 0), ("made-detached", 0), ("running-at-exit", 0), ("tried", 0), ("cancelled", 0), ("forked", 7),
      ("side-by-side", 7), ("joined-by-others", 7), ("joiner-cancelled", 0), ("left-by-call", 7), ("many-at-exit", 7),
    ] as [(String, Int32)])
  func quiet(mode: String, status: Int32) throws {
    let outcome = try supervised([], mode)
    #expect(outcome.status == status)
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test("has its joins counted, whether or not their returns are seen", arguments: [1, 2, 3])
  func joinCount(turn: Int) throws {
    let outcome = try supervised(["--summary"], "all-joined")
    #expect(outcome.errors.contains(" joined"), "\(outcome.errors)")
    #expect(!outcome.errors.contains("not seen to end"), "\(outcome.errors)")
    let program = try Fixture.compile("../../Benchmarks/loads/thread_batches.c", with: ["gcc", "-O1", "-pthread"])
    let many = try CommandLine.inquest("run", "--summary", "--", program, "320", "64")
    #expect(many.errors.contains("320 joined"), "\(many.errors)")
  }

  @Test(
    "that loses threads, or joins them wrongly, is told so, with where",
    arguments: [
      ("never-joined", "threads never joined, proved", "5 threads that began with worker"),
      ("join-left", "threads never joined, proved", "A thread that began with lasting"),
      ("joined-twice", "thread joined twice, proved", "ESRCH"),
      ("joined-detached", "use after detach, proved", "EINVAL"),
      ("joined-self", "join failed, proved", "EDEADLK"),
      ("too-large", "thread creation failed, likely", "64 TiB"),
      ("too-large-at-once", "thread creation failed, likely", "0 that had ended"),
    ])
  func ledger(mode: String, verdict: String, word: String) throws {
    let outcome = try supervised(["--exit-code", "42"], mode)
    #expect(outcome.status == 42)
    #expect(outcome.errors.contains(verdict), "\(outcome.errors)")
    #expect(outcome.errors.contains(word), "\(outcome.errors)")
    #expect(outcome.errors.contains("supervised.c:"), "\(outcome.errors)")
  }

  @Test(
    "whose library forgets its dead is told the life of the thread that could not be joined", arguments: [false, true])
  func forgotten(isLinkedIn: Bool) throws {
    let library = try Fixture.compile("forgetful_join.c", with: ["gcc", "-O1", "-shared", "-fPIC"])
    let program = try Fixture.compile(
      "supervised.c", with: ["gcc", "-O1", "-g", "-w"], after: ["-lpthread"] + (isLinkedIn ? [library] : []))
    let preload = isLinkedIn ? [] : ["env", "LD_PRELOAD=\(library)"]
    let outcome = try run([CommandLine.executable, "run", "--summary", "--"] + preload + [program, "forgotten"])
    #expect(outcome.status == 3)
    for text in [
      "join failed, proved", "failed with ESRCH 8 times", "was made by thread", "nobody had joined or detached it",
      "32 joins of the process had succeeded", "is not libc's", "32 joined, 8 whose join failed",
    ] {
      #expect(
        outcome.errors.split { $0 == " " || $0 == "\n" }.joined(separator: " ").contains(text), "\(outcome.errors)")
    }
    #expect(!outcome.errors.contains("never joined"), "one story is told once: \(outcome.errors)")
  }

  @Test("is helped by --help, wherever it stands before the command", arguments: ["run", "trace"])
  func help(command: String) throws {
    for option in ["--help", "-h"] {
      let outcome = try CommandLine.inquest(command, option)
      #expect(outcome.status == 0)
      #expect(outcome.output.contains("USAGE: inquest \(command)"), "\(outcome.errors)")
    }
    #expect(try CommandLine.inquest(command, "--nonsense", "true").status == 64)
    #expect(try CommandLine.inquest(command, "sh", "-c", "echo $1", "sh", "--help").output == "--help\n")
  }

  @Test(
    "may be linked with musl, and statically", arguments: [["musl-gcc", "-static"], ["musl-gcc"], ["gcc", "-static"]])
  func otherLibraries(compiler: [String]) throws {
    let program = try Fixture.compile("supervised.c", with: compiler + ["-O1", "-w"], after: ["-lpthread"])
    let good = try CommandLine.inquest("run", "--", program, "all-joined")
    #expect(good.errors.isEmpty, "\(good.errors)")
    let bad = try CommandLine.inquest("run", "--", program, "never-joined")
    #expect(bad.errors.contains("threads never joined, proved"), "\(bad.errors)")
    for (mode, status) in [("many-at-exit", 7), ("joined-by-others", 7), ("joiner-cancelled", 0)] as [(String, Int32)] {
      let quiet = try CommandLine.inquest("run", "--", program, mode)
      #expect(quiet.status == status && quiet.errors.isEmpty, "\(mode): \(quiet.errors)")
    }
    // Without symbols nothing can be watched, and nothing is claimed.
    guard compiler.last == "-static" else { return }
    let stripped = try Fixture.compile("supervised.c", with: compiler + ["-s", "-O1", "-w"], after: ["-lpthread"])
    let blind = try CommandLine.inquest("run", "--summary", "--", stripped, "never-joined")
    #expect(!blind.errors.contains("VERDICT") && blind.errors.contains("could be watched"), "\(blind.errors)")
  }

  @Test("that crashes is reported before it is gone, and dies of its signal")
  func crash() throws {
    let folder = NSTemporaryDirectory() + "inquest-run-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = try supervised(["--core", "--report", folder], "crash")
    #expect(outcome.signal == 11)
    #expect(outcome.errors.contains("VERDICT   null dereference"), "\(outcome.errors)")
    #expect(outcome.errors.contains("one of 2"), "\(outcome.errors)")
    #expect(!outcome.errors.contains("using process"), "\(outcome.errors)")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(
      Set(files.map { $0.split(separator: ".").dropFirst().joined(separator: ".") }) == [
        "txt", "json", "html", "core.zst",
      ])
    let core = try #require(files.first { $0.hasSuffix(".core.zst") })
    let later = try CommandLine.inquest("core", folder + "/" + core)
    #expect(later.output.contains("VERDICT   null dereference"), "\(later.output)")
  }

  @Test("goes on where a child crashes")
  func childCrash() throws {
    let outcome = try supervised([], "child-crash")
    #expect(outcome.status == 7)
    #expect(outcome.errors.contains("VERDICT   null dereference"))
  }

  @Test("whose handler deals with a signal has not crashed; whose handler gives up has")
  func handlers() throws {
    let handled = try supervised([], "handled")
    #expect(handled.status == 7)
    #expect(handled.errors.isEmpty, "\(handled.errors)")
    let again = try supervised([], "raised-again")
    #expect(again.signal == 11)
    #expect(again.errors.contains("VERDICT"))
  }

  @Test(
    "that hangs is told why, and ended",
    arguments: [
      ("pipes", "--timeout", "deadlock, proved"), ("pipes", "--stall", "deadlock, proved"),
      ("own-pipe", "--stall", "pipe that nobody writes, proved"),
    ])
  func hangs(mode: String, option: String, verdict: String) throws {
    let outcome = try supervised([option, "3s"], mode)
    #expect(outcome.status == 124)
    #expect(outcome.errors.contains(verdict), "\(outcome.errors)")
  }

  @Test("that is slow and not still does not stall")
  func slow() throws {
    let outcome = try supervised(["--stall", "2s"], "slow-but-alive")
    #expect(outcome.status == 7)
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test(
    "in a terminal is stopped and goes on, is interrupted, and sees its keys and its size, as without inquest",
    arguments: ["stop", "interrupt", "handled", "twice", "size", "raw"])
  func terminal(what: String) throws {
    let outcome = try run(
      ["python3", try Fixture.path(of: "in_a_terminal.py"), CommandLine.executable, what], timeout: 60)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output == "as it should be\n")
  }

  @Test(
    "waits for nobody whom the shell before it started",
    arguments: [
      // They end when inquest does, or before, or later: what bash makes of >( ), and of a job before exec.
      "'INQUEST' run -- sh -c 'cat; echo said >&2; exit 7' 2> >(cat >&2)",
      "sleep 0.1 & exec 'INQUEST' run -- sh -c 'sleep 0.5; echo said >&2; exit 7'",
      "sleep 60 & exec 'INQUEST' run -- sh -c 'echo said >&2; exit 7'",
      // Nor are its own forgotten for that: a descendant that outlives all that is known.
      "sleep 60 & exec 'INQUEST' run -- sh -c '(sleep 0.5; echo said >&2) & exit 7'",
    ])
  func inheritedChildren(script: String) throws {
    let script = script.replacingOccurrences(of: "INQUEST", with: CommandLine.executable)
    // The one that stays has none of the streams that are read to their ends here.
    let quiet = script.replacingOccurrences(of: "sleep 60 &", with: "sleep 60 >/dev/null 2>&1 &")
    let outcome = try run(["bash", "-c", quiet], timeout: 30)
    #expect(outcome.status == 7)
    #expect(outcome.errors == "said\n", "\(outcome.errors)")
  }

  @Test("may be the init of a pid namespace", .enabled(if: geteuid() == 0))
  func namespace() throws {
    let program = try Fixture.compile("supervised.c", with: ["gcc", "-O1", "-g", "-w"], after: ["-lpthread"])
    for inquestIsInit in [true, false] {
      let inside = ["unshare", "-rpf", "--mount-proc"]
      let ours = [CommandLine.executable, "run", "--exit-code", "42", "--"]
      let words = inquestIsInit ? inside + ours : ours + inside
      let outcome = try run(words + [program, "joined-twice"], timeout: 60)
      #expect(outcome.status == 42, "\(outcome.errors)")
      #expect(outcome.errors.contains("thread joined twice, proved"), "\(outcome.errors)")
      let child = try run(words + [program, "child-crash"], timeout: 60)
      #expect(child.errors.contains("null dereference"), "\(child.errors)")
      let quiet = try run(words + ["sh", "-c", "(sleep 0.2 &) ; exit 5"], timeout: 60)
      #expect(quiet.status == 5, "\(quiet.errors)")
    }
  }

  @Test("is followed as was asked: not at all, by name, to its first crash, to the command's own end")
  func following() throws {
    let program = try Fixture.compile("supervised.c", with: ["gcc", "-O1", "-g", "-w"], after: ["-lpthread"])
    let name = program.split(separator: "/").last.map(String.init) ?? ""
    let child = "\(program) joined-twice; exit 6"
    func ran(_ options: [String], _ script: String) throws -> Outcome {
      try run([CommandLine.executable, "run"] + options + ["--", "sh", "-c", script], timeout: 60)
    }
    let all = try ran([], child)
    #expect(all.status == 6 && all.errors.contains("joined twice"), "\(all.errors)")
    let none = try ran(["--no-follow"], child)
    #expect(none.status == 6 && none.errors.isEmpty, "\(none.errors)")
    let named = try ran(["--follow-pattern", "sup*"], child)
    #expect(name.hasPrefix("sup") && named.status == 6 && named.errors.contains("joined twice"), "\(named.errors)")
    let others = try ran(["--follow-pattern", "true"], child)
    #expect(others.status == 6 && others.errors.isEmpty, "\(others.errors)")
    let stopped = try ran(["--on-crash", "stop"], "\(program) child-crash; sleep 30; echo never")
    #expect(stopped.signal == 11 && !stopped.output.contains("never"), "\(stopped.status) \(stopped.errors)")
    let long = Date()
    let ended = try ran(["--end-with-main"], "sleep 50 >/dev/null 2>&1 & exit 3")
    #expect(ended.status == 3)
    #expect(Date().timeIntervalSince(long) < 20)
  }

  @Test("that may not be traced does not run, and the flag that allows it is named")
  func forbidden() throws {
    let without = try Fixture.compile("without_ptrace.c", with: ["gcc", "-O1"])
    let outcome = try run([without, CommandLine.executable, "run", "--", "echo", "ran"], timeout: 60)
    #expect(outcome.status == 125)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("seccomp"), "\(outcome.errors)")
    #expect(outcome.errors.contains("--cap-add=SYS_PTRACE"), "\(outcome.errors)")
  }

  @Test("that is traced by somebody already says by whom")
  func tracedAlready() throws {
    let outcome = try run(
      [CommandLine.executable, "run", "--", CommandLine.executable, "run", "--", "true"], timeout: 60)
    #expect(outcome.status == 125)
    #expect(outcome.errors.contains("traces inquest itself"), "\(outcome.errors)")
  }

  @Test("tells its stacks on the signal that was named, and goes on")
  func onSignal() throws {
    let outcome = try run(
      [
        "sh", "-c",
        """
        mkfifo end
        '\(CommandLine.executable)' run --on-signal USR1 -- sh -c '(echo > ready; read line < end); exit 5' 2>report & p=$!
        until [ -s ready ]; do sleep 0.05; done
        kill -USR1 $p
        until grep -q 'waits for' report; do sleep 0.05; done
        echo > end
        wait $p; status=$?
        cat report >&2
        exit $status
        """,
      ], in: temporaryDirectory(), timeout: 60)
    #expect(outcome.status == 5, "\(outcome.errors)")
    #expect(outcome.errors.contains("all stacks, as asked"), "\(outcome.errors)")
    // Nobody asked what a healthy program works on.
    #expect(!outcome.errors.contains("INPUT") && !outcome.errors.contains("using process"), "\(outcome.errors)")
    #expect(outcome.errors.contains("waits for"), "\(outcome.errors)")
  }

  @Test("gets the signals that inquest is sent")
  func signals() throws {
    let outcome = try run(
      [
        "sh", "-c",
        """
        '\(CommandLine.executable)' run -- sh -c 'sleep 60 & s=$!; trap "kill $s; exit 9" TERM; echo > ready; wait' & p=$!
        until [ -s ready ]; do sleep 0.05; done
        kill -TERM $p; wait $p
        """,
      ], in: temporaryDirectory())
    #expect(outcome.status == 9)
  }
}
