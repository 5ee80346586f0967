import Foundation
import TestSupport
import Testing

/// `inquest stacks` of programs that run.
@Suite("inquest stacks", .serialized)
struct StacksCommandTests {
  private func hang(_ mode: String) throws -> RunningProgram {
    let program = try RunningProgram([
      Fixture.compile("hang_locks.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"]), mode,
    ])
    program.settle()
    return program
  }

  private func lookedAt(_ mode: String) throws -> RunningProgram {
    try RunningProgram([Fixture.compile("looked_at.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"]), mode])
  }

  private func report(_ arguments: String...) throws -> [String: Any] {
    let outcome = try run([CommandLine.executable, "stacks", "--json"] + arguments)
    guard outcome.status == 0 else { throw PreparationError(outcome.errors) }
    let value = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return try #require(value as? [String: Any])
  }

  /// What two reports must agree in, whichever way the process was looked at.
  private func essence(_ report: [String: Any]) -> String {
    func list(_ key: String) -> [[String: Any]] { report[key] as? [[String: Any]] ?? [] }
    let findings = list("findings").map { "\($0["hazard"] ?? "") \($0["certainty"] ?? "") \($0["statement"] ?? "")" }
    let stacks = list("stacks").map { stack -> String in
      let threads = (stack["threads"] as? [[String: Any]] ?? []).map { thread in
        "\(thread["tid"] ?? "") \((thread["wait"] as? [String: Any])?["text"] ?? "")"
      }
      let frames = (stack["elements"] as? [[String: Any]] ?? []).map { element in
        let frame = element["frame"] as? [String: Any]
        return "\(frame?["function"] ?? "?") \(frame?["line"] ?? "") \(frame?["provenance"] ?? "")"
      }
      return threads.joined(separator: ",") + ": " + frames.joined(separator: " < ")
    }
    let waits = (report["waits"] as? [String: Any])?["edges"] as? [[String: Any]] ?? []
    let edges = waits.map { "\($0["from"] ?? "") \($0["kind"] ?? "") \($0["to"] ?? "")" }
    return (findings + stacks.sorted() + edges).joined(separator: "\n")
  }

  @Test(
    "says of a process that lives what its core says",
    arguments: [
      "inversion", "self", "chain", "gone-owner", "rwlock", "lost-wakeup", "join-with-lock", "robust", "timed",
      "no-inversion", "held-by-sleeper", "producer",
    ])
  func sameAsCore(mode: String) throws {
    let program = try hang(mode)
    let live = try report("\(program.pid)")
    let core = try #require(try CommandLine.json("core", program.gdbCore(), "--json") as? [String: Any])
    #expect(essence(live) == essence(core))
    #expect(!essence(live).isEmpty)
    #expect(live["signal"] == nil && live["crashedThread"] == nil)
  }

  @Test("writes a core that says the same, and that gdb reads", arguments: ["live.core", "live.core.zst"])
  func core(name: String) throws {
    let program = try hang("inversion")
    let path = try temporaryDirectory() + "/" + name
    let live = try report("\(program.pid)", "--core", path)
    let core = try #require(try CommandLine.json("core", path, "--json") as? [String: Any])
    #expect(essence(live) == essence(core))
    guard name.hasSuffix(".core") else { return }
    let text = try run(["gdb", "-nx", "-q", "-batch", "-ex", "thread apply all bt", "-c", path]).output
    #expect(text.contains("LWP \(program.pid)"))
    let status = try FileManager.default.attributesOfItem(atPath: path)
    #expect((status[.size] as? Int ?? 0) > 4096)
  }

  @Test("stops a thousand threads for less than a tenth of a second, and loses none")
  func thousand() throws {
    let program = try RunningProgram([
      Fixture.compile("many_sleepers.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"]), "1000",
    ])
    var shortest = Double.infinity
    for _ in 0..<3 {
      let report = try report("\(program.pid)")
      let stacks = report["stacks"] as? [[String: Any]] ?? []
      #expect(stacks.reduce(0) { $0 + (($1["threads"] as? [Any])?.count ?? 0) } == 1001)
      #expect(stacks.contains { ($0["threads"] as? [Any])?.count == 1000 })
      shortest = min(shortest, (report["stop"] as? [String: Any])?["milliseconds"] as? Double ?? .infinity)
    }
    // This is the debug build, beside other tests; Benchmarks measures the released one.
    #expect(shortest < 1000)
  }

  @Test(
    "leaves a program nothing to notice",
    arguments: ["nanosleep", "epoll", "read", "poll", "semop", "signals", "births"])
  func unnoticed(mode: String) throws {
    let program = try lookedAt(mode)
    var (looks, seen) = (0, 0)
    while program.state != "Z", looks < 200 {
      let outcome = try CommandLine.inquest("stacks", "\(program.pid)", "--threads", "brief")
      // 3: it has ended before it was looked at, or while it was.
      #expect(outcome.status == 0 || outcome.status == 3, "\(outcome.errors)")
      if outcome.status == 0 { seen += 1 }
      looks += 1
    }
    #expect(seen > 0)
    let end = try #require(program.wait(timeout: 30))
    #expect(end.status == 0 && end.signal == nil)
  }

  @Test("finds the threads of a process whose first one has ended")
  func withoutLeader() throws {
    let program = try lookedAt("leaderless")
    let text = try CommandLine.inquest("stacks", "\(program.pid)").output
    #expect(text.contains("usleep"))
    #expect(text.contains("its first thread has ended"))
    #expect(try #require(program.wait(timeout: 30)).status == 0)
  }

  @Test("leaves a stopped process stopped")
  func stopped() throws {
    let program = try lookedAt("nanosleep")
    program.send(SIGSTOP)
    #expect(program.comes(to: "T"))
    let text = try CommandLine.inquest("stacks", "\(program.pid)").output
    #expect(text.contains("nanosleep"))
    #expect(text.contains("it is stopped"))
    #expect(program.comes(to: "T"))
    usleep(50_000)
    #expect(program.comes(to: "T"))
    program.send(SIGCONT)
    // It slept while it was stopped: too long for itself, but it was not broken off.
    #expect(try #require(program.wait(timeout: 30)).status != 1)
  }

  @Test("gives no verdict on a process that works")
  func busy() throws {
    let program = try RunningProgram(["sh", "-c", "echo ready; while :; do :; done"])
    let report = try report("\(program.pid)")
    #expect((report["findings"] as? [Any])?.isEmpty == true)
    #expect(report["signature"] == nil)
  }

  @Test("lets a process live on when it is killed itself, at any moment")
  func killed() throws {
    let program = try RunningProgram([
      Fixture.compile("many_sleepers.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"]), "300",
    ])
    for delay in stride(from: 5, through: 120, by: 5) {
      _ = try run([
        "timeout", "-s", "KILL", String(format: "0.%03d", delay), CommandLine.executable, "stacks", "\(program.pid)",
      ])
    }
    #expect(program.comes(to: "S"))
    // And nobody traces it any more.
    #expect(try CommandLine.inquest("stacks", "\(program.pid)").status == 0)
  }

  @Test("leaves nothing where it is killed while it writes a core, and puts a new one in the place of an old one")
  func killedWriting() throws {
    let program = try RunningProgram([
      Fixture.compile("many_sleepers.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"]), "300",
    ])
    let folder = try temporaryDirectory()
    // O_TMPFILE, which not every file system knows; elsewhere something is left.
    let nameless = open(folder, 0o20_200_000 | O_RDWR, 0o600)
    close(nameless)
    let path = folder + "/live.core"
    for delay in stride(from: 20, through: 800, by: 60) {
      _ = try run([
        "timeout", "-s", "KILL", String(format: "0.%03d", delay), CommandLine.executable, "stacks", "\(program.pid)",
        "--core", path, "--threads", "brief",
      ])
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(nameless < 0 || left.allSatisfy { $0 == "live.core" }, "\(left)")
    }
    for _ in 0..<2 {
      #expect(try CommandLine.inquest("stacks", "\(program.pid)", "--core", path, "--threads", "brief").status == 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["live.core"])
    }
    // As any new file.
    let other = folder + "/other"
    #expect(try run(["touch", other]).status == 0)
    let modes = try [path, other].map {
      try FileManager.default.attributesOfItem(atPath: $0)[.posixPermissions] as? Int
    }
    #expect(modes[0] == modes[1])
    let link = folder + "/link.core"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "live.core")
    #expect(try CommandLine.inquest("stacks", "\(program.pid)", "--core", link, "--threads", "brief").status == 0)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "live.core")
  }

  @Test("looks into a container from outside")
  func container() throws {
    let source = try Fixture.compile("hang_locks.c", with: ["gcc", "-O1", "-g", "-static"], after: ["-lpthread"])
    let root = try temporaryDirectory()
    try FileManager.default.createDirectory(atPath: root + "/proc", withIntermediateDirectories: true)
    try Fixture.copy(source, to: root + "/program")
    let outside = try RunningProgram([
      "unshare", "-pmf", "--kill-child", "--mount-proc=\(root)/proc", "chroot", root, "/program", "inversion",
    ])
    let child = try run(["pgrep", "-P", "\(outside.pid)"]).output.trimmingCharacters(in: .whitespacesAndNewlines)
    let pid = try #require(Int32(child))
    // What was there when it started is gone by now.
    try FileManager.default.removeItem(atPath: root + "/program")
    let report = try report("\(pid)")
    #expect((report["process"] as? [String: Any])?["pid"] as? Int == 1)
    #expect((report["stop"] as? [String: Any])?["pid"] as? Int == Int(pid))
    let findings = report["findings"] as? [[String: Any]] ?? []
    #expect(findings.first?["hazard"] as? String == "deadlock")
    #expect(findings.first?["certainty"] as? String == "proved")
    let modules = report["modules"] as? [[String: Any]] ?? []
    #expect((modules.first?["file"] as? [String: Any])?["isVerified"] as? Bool == true)
  }

  @Test("says why it cannot look")
  func refusals() throws {
    let none = try CommandLine.inquest("stacks", "4194304")
    #expect(none.status == 3 && none.errors.contains("no process 4194304"))
    let kernel = try CommandLine.inquest("stacks", "2")
    #expect(kernel.status == 2 && kernel.errors.contains("thread of the kernel") || kernel.status == 3)
    let nameless = try CommandLine.inquest("stacks", "--name", "no-such-program-at-all")
    #expect(nameless.status == 3 && nameless.errors.contains("no-such-program-at-all"))
  }

  @Test("takes processes by name", arguments: ["looked_at"])
  func byName(name: String) throws {
    let program = try lookedAt("read")
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(program.pid)/exe")
    let file = try #require(link.split(separator: "/").last.map(String.init))
    let text = try CommandLine.inquest("stacks", "--name", file, "--threads", "brief").output
    #expect(text.contains("(pid \(program.pid))"))
  }

  @Test(
    "--watch: a view of its own in a terminal, which is left as it was",
    arguments: ["quit", "scroll", "interrupt", "ends"])
  func watch(what: String) throws {
    let program = try hang("inversion")
    let script = try Fixture.path(of: "watch_in_a_terminal.py")
    let outcome = try run(["python3", script, CommandLine.executable, what, "\(program.pid)"], timeout: 90)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "as it should be\n")
  }

  @Test("--watch: one look after another where no terminal is")
  func watchInPipe() throws {
    let program = try hang("inversion")
    let command = "timeout 10 '\(CommandLine.executable)' stacks \(program.pid) --watch 100ms | grep -m 3 '^VERDICT'"
    let outcome = try run(["sh", "-c", command], timeout: 60)
    #expect(outcome.output.split(separator: "\n").count == 3, "\(outcome.output)\(outcome.errors)")
  }

  @Test(
    "refuses what makes no sense",
    arguments: [
      [], ["1", "--json", "--format", "text"], ["1", "--html", "-", "--json"], ["1", "--watch", "1s", "--core", "x"],
      ["1", "--watch", "0s"], ["1", "--watch", "soon"], ["1", "2", "--html", "x"], ["one"], ["1", "--threads", "some"],
    ])
  func usage(arguments: [String]) throws {
    #expect(try run([CommandLine.executable, "stacks"] + arguments).status == 64)
  }
}
