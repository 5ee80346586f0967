import Foundation
import TestSupport
import Testing

@Suite("inquest core")
struct CoreCommandTests {
  @Test("tells who died where, with every frame's name and line")
  func firstScreen() throws {
    let core = try CommandLine.sampleCore()
    let outcome = try CommandLine.inquest("core", core)
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "using \(core)")
    #expect(outcome.output.contains("was killed by SIGSEGV (SEGV_MAPERR) in thread "))
    #expect(outcome.output.contains("one of 4"))
    #expect(outcome.output.contains("writing address 0x10 (not mapped"))
    #expect(outcome.output.contains("\n  0  set at shows_everything.cpp:24 (inlined)\n"))
    #expect(outcome.output.contains("at shows_everything.cpp:27\n"))
    #expect(outcome.output.contains("\n  1  main at shows_everything.cpp:38\n"))
    #expect(outcome.output.contains("  3  pause"))
    #expect(outcome.status == 0 || outcome.output.contains("VERDICT   none") && outcome.status == 1)
    #expect(!outcome.output.contains("\u{1b}"))
    #expect(outcome.errors == "")
  }

  @Test("prints JSON that keeps to the documented schema")
  func schema() throws {
    let core = try CommandLine.sampleCore()
    for options in [[], ["--full"], ["--threads", "crashed"]] {
      let outcome = try run([CommandLine.executable, "core", core, "--json"] + options)
      try Schema.check(outcome.output)
    }
    let report = try #require(try CommandLine.json("core", core, "--json") as? [String: Any])
    let stacks = try #require(report["stacks"] as? [[String: Any]])
    #expect(stacks.map { ($0["threads"] as? [Any])?.count } == [1, 3])
    #expect((report["fault"] as? [String: Any])?["address"] as? String == "0x10")
    #expect((report["signature"] as? [String: Any])?["hash"] is String)
  }

  @Test("walks only the stacks that are asked for")
  func threads() throws {
    let core = try CommandLine.sampleCore()
    func stacks(_ selection: String) throws -> Int {
      let report = try CommandLine.json("core", core, "--json", "--threads", selection) as? [String: Any]
      return (report?["stacks"] as? [Any])?.count ?? -1
    }
    let listed = try #require(try CommandLine.json("examine", core, "threads", "--json") as? [[String: Any]])
    let last = try #require(listed.last?["tid"] as? Int)
    #expect(try stacks("crashed") == 1)
    #expect(try stacks("all") == 2)
    #expect(try stacks("\(last)") == 2)
    #expect(try CommandLine.inquest("core", core, "--threads", "some").status == 64)
  }

  @Test("takes the newest core of the folder, and says so")
  func newest() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let core = try CommandLine.sampleCore()
    for (name, time) in [("core.1", "2026-01-01"), ("core.2", "2026-02-01")] {
      try runChecked(["cp", core, folder + "/" + name])
      try runChecked(["touch", "-d", time, folder + "/" + name])
    }
    let outcome = try CommandLine.inquest("core", in: folder)
    #expect(outcome.output.hasPrefix("using ./core.2 (newest of "))
    let list = try CommandLine.inquest("core", "--list", in: folder)
    #expect(list.output.split(separator: "\n").first?.contains("./core.2") == true)
    #expect(list.output.contains("2026-01-01 00:00:00 UTC"))
  }

  @Test("says why there is no core, and what mends it")
  func none() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let executable = CommandLine.executable
    let outcome = try run(["sh", "-c", "ulimit -c 0; exec \(executable) core"], in: folder)
    // A machine may have cores in the folders of its collectors.
    guard !outcome.output.hasPrefix("using ") else { return }
    #expect(outcome.status == 3)
    #expect(outcome.output.hasPrefix("No core file was found"))
    #expect(outcome.output.contains("ulimit -c"))
  }

  @Test(
    "says what is wrong with what cannot be read",
    arguments: [
      ("", "it is empty"), ("text", "no ELF file"), ("\u{7f}ELF", "ends after 4 bytes"),
    ])
  func unreadable(contents: String, says: String) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try Data(contents.utf8).write(to: URL(fileURLWithPath: folder + "/core"))
    let outcome = try CommandLine.inquest("core", folder + "/core")
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("inquest: \(folder)/core"))
    #expect(outcome.errors.contains(says))
  }

  @Test("refuses what is no core", arguments: ["/no/such/file", "/bin/true", "/", "/dev/null"])
  func noCore(path: String) throws {
    let outcome = try CommandLine.inquest("core", path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(path))
  }

  @Test("ends quietly where nobody reads its output any more")
  func closedPipe() throws {
    let core = try CommandLine.sampleCore()
    let executable = CommandLine.executable
    let outcome = try run(["bash", "-c", "\(executable) examine \(core) strings | head -1; echo ${PIPESTATUS[0]}"])
    #expect(outcome.output.split(separator: "\n").last == "0")
    #expect(outcome.errors == "")
  }

  @Test("gives a report or a clear error for a core that is cut anywhere", arguments: [63, 64, 700, 5_000, 100_000])
  func truncated(size: Int) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: try CommandLine.sampleCore())).prefix(size)
    try bytes.write(to: URL(fileURLWithPath: folder + "/core"))
    let outcome = try CommandLine.inquest("core", folder + "/core", "--json")
    #expect(outcome.signal == nil)
    #expect([0, 1, 2].contains(outcome.status))
    if outcome.status < 2 { try Schema.check(outcome.output) } else { #expect(outcome.errors.count > 20) }
  }
}
