import Foundation
import TestSupport
import Testing

@Suite("A bundle")
struct PackTests {
  /// The report of a core or bundle without what differs: where it was read from, and what is missing.
  static func report(_ arguments: [String]) throws -> NSDictionary {
    let outcome = try run([CommandLine.executable, "core"] + arguments + ["--json", "--full"])
    guard outcome.status <= 1, outcome.signal == nil else { throw PreparationError(outcome.errors) }
    var report = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    report["input"] = nil
    report["shortfalls"] = nil
    return report as NSDictionary
  }

  /// Packs a core, and compares the reports.
  private func expectSame(_ core: String, _ options: [String] = []) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let bundle = folder + "/bundle.tar.zst"
    let outcome = try run([CommandLine.executable, "pack", core, "-o", bundle] + options)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("is the same"), "\(outcome.output)")
    #expect(try Self.report([bundle]) == Self.report([core] + options))
  }

  @Test("gives the same report as its core")
  func same() throws {
    try expectSame(CommandLine.sampleCore())
  }

  @Test("of a crash in a handler's depths, of recursion, of 2,000 threads gives the same report")
  func others() throws {
    try expectSame(
      Fixture.keptCore(of: [Fixture.compile("signal_stack_crash.c", with: ["gcc", "-O1", "-g", "-pthread"])]))
    try expectSame(Fixture.keptCore(of: [Fixture.compile("mutual_recursion.c", with: ["gcc", "-O2", "-g"])]))
    try expectSame(
      Fixture.keptCore(of: [Fixture.compile("many_threads.c", with: ["gcc", "-O1", "-g", "-pthread"]), "2000", "5"]))
  }

  @Test("of real programs gives the same report")
  func real() throws {
    try expectSame(Fixture.rustcParserCore())
    try expectSame(Fixture.pythonRaceCore())
  }

  @Test("of another architecture gives the same report", .enabled(if: Fixture.has("qemu-aarch64")))
  func guest() throws {
    let program = try Fixture.compile("write_to_null.c", with: Fixture.aarch64 + ["-O1", "-g"])
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let core = try Fixture.guestCore(of: [program], in: folder)
    try expectSame(core, ["--exe", program, "--sysroot", Fixture.aarch64SystemRoot])
  }

  @Test("of a core that was cut gives the same report, and still says that it was", arguments: [0.35, 0.8])
  func cut(part: Double) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let whole = try Data(contentsOf: URL(fileURLWithPath: CommandLine.sampleCore()))
    try whole.prefix(Int(Double(whole.count) * part)).write(to: URL(fileURLWithPath: folder + "/core"))
    try expectSame(folder + "/core")
    _ = try CommandLine.inquest("pack", folder + "/core", "-o", folder + "/b")
    #expect(try CommandLine.inquest("core", folder + "/b").output.contains("the file is cut"))
  }

  @Test("needs none of the program's files, nor does one that is packed again")
  func filesGone() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let program = folder + "/victim"
    let source = try Fixture.path(of: "write_to_null.c")
    try runChecked(["gcc", "-O1", "-g", "-Wl,--build-id", "-o", program, source])
    let core = try Fixture.core(of: [program], in: folder)
    let before = try Self.report([core])
    #expect(try CommandLine.inquest("pack", core, "-o", folder + "/b").status == 0)
    #expect(try CommandLine.inquest("pack", core, "-o", folder + "/without", "--without-files").status == 0)
    remove(program)
    #expect(try Self.report([core]) != before)
    #expect(try Self.report([folder + "/b"]) == before)
    #expect(try !CommandLine.inquest("core", folder + "/without").output.contains("write_to_null.c:11"))
    let again = try CommandLine.inquest("pack", folder + "/b", "-o", folder + "/c")
    #expect(again.status == 0, "\(again.output)\(again.errors)")
    #expect(try Self.report([folder + "/c"]) == before)
    let view = try CommandLine.inquest("examine", folder + "/c", "stack")
    #expect(view.output.contains("fill at write_to_null.c:11"), "\(view.output)\(view.errors)")
  }

  @Test("unpacked has a core that gdb opens, with the same innermost frames", .enabled(if: Fixture.has("gdb")))
  func debugger() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let core = try CommandLine.sampleCore()
    #expect(try CommandLine.inquest("pack", core, "-o", folder + "/b").status == 0)
    try runChecked(["sh", "-c", "zstd -dcq b | tar xf -"], in: folder)
    func frames(_ core: String) throws -> [String] {
      let program = try Fixture.compile("shows_everything.cpp", with: ["g++", "-O1", "-g", "-pthread"])
      let outcome = try run(["gdb", "-nx", "-q", "-batch", "-ex", "core " + core, "-ex", "bt 4", program])
      return outcome.output.split(separator: "\n").filter { $0.hasPrefix("#") }.map(String.init)
    }
    let expected = try frames(core)
    #expect(!expected.isEmpty)
    #expect(try frames(folder + "/core") == expected)
  }

  @Test("that is damaged is refused with a word on it, and status 2")
  func damaged() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try runChecked(
      ["sh", "-c", "echo x > a; tar cf other.tar a; ln -s /etc/passwd core; tar cf link.tar core"], in: folder)
    for (name, word) in [("other.tar", "manifest.json"), ("link.tar", "no plain file")] {
      let outcome = try CommandLine.inquest("core", folder + "/" + name)
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains(word), "\(outcome.errors)")
    }
    let core = try CommandLine.sampleCore()
    #expect(try CommandLine.inquest("pack", core, "-o", folder + "/b").status == 0)
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder + "/b"))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: folder + "/half"))
    let outcome = try CommandLine.inquest("core", folder + "/half")
    #expect(outcome.status == 2 && outcome.signal == nil, "\(outcome.errors)")
  }

  @Test("is never written over the core, and leaves nothing where it cannot be written")
  func output() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try runChecked(["cp", CommandLine.sampleCore(), folder + "/core"])
    let before = try Data(contentsOf: URL(fileURLWithPath: folder + "/core")).count
    #expect(try CommandLine.inquest("pack", folder + "/core", "-o", folder + "/core").status == 2)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/core")).count == before)
    #expect(try CommandLine.inquest("pack", folder + "/core", "-o", folder + "/none/b").status == 2)
  }
}
