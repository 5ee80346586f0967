import Foundation
import TestSupport
import Testing

/// `inquest trace` on real programs.
@Suite struct TraceCommandTests {
  private func trace(_ options: [String], _ command: [String], in folder: String? = nil) throws -> Outcome {
    try run([CommandLine.executable, "trace"] + options + ["--"] + command, in: folder, timeout: 120)
  }

  private func calls() throws -> String {
    try Fixture.compile("trace_calls.c", with: ["gcc", "-O1", "-g", "-pthread"])
  }

  /// Each call's name and result, of each thread in its own order; results that are addresses or ids left out.
  private func names(_ lines: [Substring], _ pattern: Regex<(Substring, Substring, Substring)>) -> [String: Int] {
    var counts: [String: Int] = [:]
    for line in lines {
      guard let match = line.firstMatch(of: pattern) else { continue }
      let result = Int(match.2) ?? 0
      counts["\(match.1) \(result < 0 || result < 10 ? "\(result)" : "n")", default: 0] += 1
    }
    return counts
  }

  @Test func itSeesWhatStraceSees() throws {
    guard try run(["which", "strace"]).status == 0 else { return }
    let program = try calls()
    let ours = try trace([], [program])
    // Into a file: on standard error strace's own remarks stand within its lines.
    let file = try temporaryDirectory() + "/strace"
    let theirs = try run(["strace", "-f", "-o", file, program])
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
    #expect(ours.status == 3)
    #expect(theirs.status == 3)
    let mine = names(ours.errors.split(separator: "\n"), /(?:^|\]\ )([a-z_0-9]+)\(.*\) *= (-?\d+)(?:\s|$)/)
    // strace tells calls that others overtook in two halves.
    let halves = names(lines, /<\.\.\. ([a-z_0-9]+) resumed>.*= (-?\d+)(?:\s|$)/)
    var other = names(lines, /^\d+\ +([a-z_0-9]+)\(.*\) *= (-?\d+)(?:\s|$)/)
    other.merge(halves) { $0 + $1 }
    // Ours begins behind the exec; how often threads meet at a lock is chance.
    for key in Set(mine.keys).union(other.keys)
    where !key.hasPrefix("execve") && !key.hasPrefix("futex") && !key.hasPrefix("rt_sigreturn") && !key.hasPrefix("brk")
      && !key.hasPrefix("madvise")
    {
      #expect(mine[key] == other[key], "\(key)")
    }
  }

  @Test func argumentsAreDecoded() throws {
    let errors = try trace([], [try calls()]).errors
    for expected in [
      "openat(AT_FDCWD, \"/nonexistent/file\", O_RDWR) = -1 ENOENT (No such file or directory)",
      "writev(4, [{\"one\", 3}, {\"two\\n\", 4}], 2) = 7", "poll([{3, POLLIN}] -> [{3, POLLIN}], 1, 1000) = 1",
      "read(3, \"onetwo\\n\", 64)", "bind(5, {AF_INET, 127.0.0.1:0}, 16)",
      "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 5", "epoll_ctl(6, EPOLL_CTL_ADD, 5, {EPOLLIN, data=",
      "--- SIGUSR1 {signal=SIGUSR1, code=SI_TKILL, pid=", "mkdir(\"/proc/nothing\", 0755)", "[exited 7]",
      "process exited with 7", "process exited with 3",
    ] {
      let flat = errors.replacing(/\ +/, with: " ")
      #expect(flat.contains(expected), "\(expected)")
    }
  }

  @Test(arguments: [
    (["--calls", "openat"], "openat", "read("), (["--calls", "%network"], "bind(", "openat("),
    (["--calls", "epoll_*"], "epoll_ctl(", "bind("), (["--calls", "!openat,!%memory"], "read(", "mmap("),
  ])
  func onlyWhatIsAskedForIsShown(options: [String], there: String, missing: String) throws {
    let outcome = try trace(options, [try calls()])
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains(there))
    #expect(!outcome.errors.contains(missing))
  }

  @Test func anUnknownCallIsAMistake() throws {
    let outcome = try trace(["--calls", "opnat"], ["true"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("There is no system call 'opnat'"))
  }

  @Test(arguments: [([], "exit 0", 0, nil), ([], "exit 7", 7, nil), (["--calls", "openat"], "kill -TERM $$", 15, 15)])
  func theProgramEndsAsItWouldAlone(options: [String], script: String, status: Int32, signal: Int32?) throws {
    let outcome = try trace(options, ["sh", "-c", "echo out; echo err >&2; " + script])
    #expect(outcome.status == status)
    #expect(outcome.signal == signal)
    #expect(outcome.output == "out\n")
    #expect(outcome.errors.contains("err\n"))
  }

  @Test func aProgramThatIsNotThereIsSaid() throws {
    let outcome = try trace([], ["/nonexistent/program"])
    #expect(outcome.status == 127)
    #expect(outcome.errors.contains("cannot run /nonexistent/program"))
  }

  @Test func filesAreToldWithTheirOffsets() throws {
    let folder = try temporaryDirectory()
    try String(repeating: "x", count: 1000).write(toFile: folder + "/data", atomically: true, encoding: .utf8)
    let script = "exec 5<data; head -c 10 <&5 >/dev/null; cat data >/dev/null; exec 6<data; exec cat /dev/null"
    let outcome = try trace(["--files"], ["sh", "-c", script], in: folder)
    let rows = outcome.errors.split(separator: "\n").filter { $0.contains("data\"") }
    #expect(rows.contains { $0.contains("1000      1000  closed") }, "\(outcome.errors)")
    #expect(rows.contains { $0.contains("open at end") })
  }

  @Test func theSummaryCounts() throws {
    let outcome = try trace(["--summary"], [try calls()])
    #expect(outcome.errors.contains(/\d+ .* newfstatat/))
    #expect(outcome.errors.contains(/\ 1 +1 .* mkdir/))
    #expect(!outcome.errors.contains("mkdir("))
  }

  @Test func jsonIsAnObjectALine() throws {
    let outcome = try trace(["--json"], [try calls()])
    var types: Set<String> = []
    for line in outcome.errors.split(separator: "\n") {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      types.insert(object?["type"] as? String ?? "")
      if object?["name"] as? String == "mkdir" {
        #expect(object?["error"] as? String == "ENOENT")
        #expect((object?["arguments"] as? [String: String])?["path"] == "\"/proc/nothing\"")
      }
    }
    #expect(
      types.isSuperset(of: ["call", "exec", "thread-begin", "process-begin", "signal", "thread-end", "process-end"]))
  }

  @Test func threadsOverTimeHaveArrows() throws {
    let folder = try temporaryDirectory()
    let outcome = try trace(["--perfetto", folder + "/p.json", "--timeline", folder + "/t.html"], [try calls()])
    #expect(outcome.status == 3)
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/p.json"))
    let events =
      (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["traceEvents"] as? [[String: Any]] ?? []
    func count(_ name: String) -> Int {
      events.filter { $0["ph"] as? String == "f" && $0["name"] as? String == name }.count
    }
    // Three threads and a child; all are waited for, but a thread that has ended already needs no wait.
    #expect(count("creation") == 4)
    #expect((1...4).contains(count("join")))
    let page = try String(contentsOfFile: folder + "/t.html", encoding: .utf8)
    #expect(page.contains("trace_calls"))
    #expect(!page.contains("http://") && !page.contains("https://"))
  }

  @Test(arguments: [("race", true), ("alone", false), ("ordered", false), ("forked", false), ("locked", false)])
  func environmentRacesAreToldAndNothingElse(way: String, isRace: Bool) throws {
    let program = try Fixture.compile("trace_environment.c", with: ["gcc", "-O1", "-g", "-pthread"])
    let outcome = try trace(["--environment"], [program, way])
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("RACE") == isRace, "\(outcome.errors.suffix(300))")
    #expect(outcome.errors.contains("setenv(\"VARIABLE_3\", \"value\", 1)"))
    // Races are not to be buried under 200 changes at one place.
    #expect(!outcome.errors.contains("VARIABLE_77"))
    #expect(outcome.errors.contains(/setenv at stack \d+: 200 times, of which 5 are shown/))
    #expect(outcome.errors.contains("environment: 201 changes"))
  }

  @Test(arguments: [("race", true), ("locked", false)])
  func environmentRacesAreObjectsToo(way: String, isRace: Bool) throws {
    let program = try Fixture.compile("trace_environment.c", with: ["gcc", "-O1", "-g", "-pthread"])
    let outcome = try trace(["--environment", "--json"], [program, way])
    let objects = try outcome.errors.split(separator: "\n").map {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
    }
    let races = objects.filter { $0["type"] as? String == "environment-race" }
    #expect(races.isEmpty == !isRace)
    for race in races {
      let other = race["other"] as? [String: Any] ?? [:]
      let calls = [race["call"] as? String ?? "", other["call"] as? String ?? ""]
      #expect(calls.contains { $0.hasPrefix("setenv(") }, "\(calls)")
      #expect(other["thread"] as? Int != race["thread"] as? Int)
    }
    #expect(objects.last?["type"] as? String == "environment")
    #expect(objects.last?["changes"] as? Int == 201)
    #expect(((objects.last?["races"] as? Int ?? -1) > 0) == isRace)
  }

  @Test(arguments: [[], ["--calls", "openat"], ["--calls", "%file"], ["--files"], ["--calls", "getppid"]])
  func aProgramThatMakesManyCallsFindsItsAffinityUntouched(options: [String]) throws {
    let program = try Fixture.compile("trace_affinity.c", with: ["gcc", "-O1", "-pthread"])
    #expect(try run([program]).status == 0)
    #expect(try trace(["--output", "/dev/null"] + options, [program]).status == 0)
  }

  @Test func callsThatTakeNoTimeThatCouldBeSeenHaveNone() throws {
    let outcome = try trace(["--summary"], ["true"])
    #expect(outcome.errors.contains("exit_group"))
    #expect(!outcome.errors.contains(" 0 ns"), "\(outcome.errors)")
  }

  @Test func theRestOfTheTreeEndsWithItsFirstProcess() throws {
    let start = ContinuousClock.now
    let outcome = try trace(
      ["--end-with-main", "--calls", "setsid"], ["sh", "-c", "setsid sleep 60 & sleep 0.3; exit 4"])
    #expect(outcome.status == 4)
    #expect(ContinuousClock.now - start < .seconds(30))
    #expect(outcome.errors.contains("killed by SIGKILL"))
  }

  @Test func libraryCallsAreSeenWithTexts() throws {
    let program = try Fixture.compile("trace_environment.c", with: ["gcc", "-O1", "-g", "-pthread"])
    let outcome = try trace(["--library", "getenv,setenv"], [program, "alone"])
    #expect(outcome.errors.contains("library setenv(\"BEFORE\", \"1\", 1)"))
    #expect(outcome.errors.contains("library setenv returns 0"))
    #expect(outcome.errors.contains("library getenv returns NULL"))
  }

  @Test func stacksAreShownOnce() throws {
    let program = try Fixture.compile("trace_calls.c", with: ["gcc", "-O1", "-g", "-pthread"])
    let outcome = try trace(["--stack", "--calls", "newfstatat"], [program])
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.filter { $0.contains("work (trace_calls.c:") }.count == 1)
    #expect(lines.contains { $0.contains(", as above") })
  }

  @Test func aRunningProgramIsFollowedAndLeft() throws {
    let program = try run(
      [
        "sh", "-c",
        """
        mkfifo end
        cat end & p=$!
        env --default-signal=INT '\(CommandLine.executable)' trace --pid $p 2>trace & t=$!
        until grep -q 'followed from now on' trace; do sleep 0.05; done
        kill -INT $t; wait $t
        grep TracerPid /proc/$p/status
        echo > end
        wait $p; echo "status $?"
        cat trace >&2
        """,
      ], in: temporaryDirectory())
    #expect(program.errors.contains("+++ followed from now on +++"), "\(program.errors)")
    #expect(program.errors.contains("+++ is followed no more +++"))
    #expect(program.output.contains("TracerPid:\t0"))
    #expect(program.output.contains("status 0"))
  }

  @Test func aRunningProgramsCallsAndFunctionsAreSeenTogether() throws {
    let program = try Fixture.compile("trace_running.c", with: ["gcc", "-O1", "-g"])
    let folder = try temporaryDirectory()
    try "0123456789".write(toFile: folder + "/data", atomically: true, encoding: .utf8)
    let outcome = try run(
      [
        "sh", "-c",
        """
        '\(program)' data & p=$!
        until [ "$(awk '/^pos/ { print $2 }' /proc/$p/fdinfo/3)" = 4 ]; do sleep 0.05; done
        env --default-signal=INT '\(CommandLine.executable)' trace --pid $p --calls getppid --library getenv --files --lines 2>trace & t=$!
        until grep -q 'getppid() *= ' trace && grep -q 'library getenv' trace; do sleep 0.05; done
        kill -INT $t; wait $t
        cat trace >&2
        kill -0 $p && echo alive
        kill $p
        """,
      ], in: folder)
    #expect(outcome.output.contains("alive"), "it goes on without its breakpoints: \(outcome.errors)")
    #expect(outcome.errors.contains("library getenv(\"TRACED\")"), "\(outcome.errors)")
    #expect(outcome.errors.contains(/getppid\(\) += \d+/))
    #expect(!outcome.errors.contains("nanosleep("))
    // It had read four bytes before anybody looked.
    #expect(outcome.errors.contains(/\ 4 +10  open +before +".*data"/))
  }
}
