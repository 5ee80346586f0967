import Foundation
import TestSupport
import Testing

@Suite("A core's signature")
struct SignatureTests {
  struct Made {
    let hash: String
    let names: String?
  }

  static func signature(_ core: String, _ options: String...) throws -> Made {
    let outcome = try run([CommandLine.executable, "core", core, "--signature", "--json"] + options)
    let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    return Made(
      hash: try #require(json?["hash"] as? String, "\(outcome.errors)"),
      names: (json?["names"] as? [String: Any])?["hash"] as? String)
  }

  @Test("is the same with and without symbols and debug files")
  func stripped() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let program = folder + "/victim"
    let source = try Fixture.path(of: "shows_everything.cpp")
    try runChecked(["g++", "-O1", "-g", "-pthread", "-Wl,--build-id", "-o", program, source])
    let core = try Fixture.core(of: [program], in: folder)
    let whole = try Self.signature(core)
    try runChecked(["objcopy", "--only-keep-debug", program, folder + "/victim.debug"])
    try runChecked(["strip", program])
    let bare = try Self.signature(core)
    #expect(bare.hash == whole.hash)
    #expect(try Self.signature(core, "--debug-dir", folder).hash == whole.hash)
    #expect(try Self.signature(core, "--debug-dir", folder).names == whole.names)
  }

  @Test("is the same for each run: address space, process id, number of threads and depth differ")
  func runs() throws {
    let threads = try Fixture.compile("many_threads.c", with: ["gcc", "-O1", "-g", "-pthread"])
    let few = try Self.signature(Fixture.core(of: [threads, "3", "4"]))
    let many = try Self.signature(Fixture.core(of: [threads, "40", "4"]))
    #expect(few.hash == many.hash)
    #expect(few.names == many.names)
  }

  @Test("of recursion is the same for stacks of other sizes")
  func depth() throws {
    let program = try Fixture.compile("mutual_recursion.c", with: ["gcc", "-O2", "-g"])
    let small = try Fixture.core(of: ["sh", "-c", "ulimit -s 1000; exec \(program)"])
    let large = try Fixture.core(of: ["sh", "-c", "ulimit -s 9001; exec \(program)"])
    #expect(try Self.signature(small).hash == Self.signature(large).hash)
  }

  @Test("of a deadlock is that of its circle, whichever thread a core begins with")
  func deadlock() throws {
    let program = try Fixture.compile("hang_locks.c", with: ["gcc", "-O1", "-g", "-pthread"])
    let first = try Self.signature(Fixture.liveCore(of: [program, "inversion"]))
    let second = try Self.signature(Fixture.liveCore(of: [program, "inversion"]))
    #expect(first.hash == second.hash)
    #expect(first.names == second.names)
  }

  @Test("is that of the program's code where abort was called, by names also in another build")
  func builds() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let source = try Fixture.path(of: "aborts.c")
    try runChecked(["mkdir", folder + "/1", folder + "/2"])
    try runChecked(["gcc", "-O1", "-g", "-o", folder + "/1/app", source])
    try runChecked(["gcc", "-O1", "-g", "-falign-functions=128", "-o", folder + "/2/app", source])
    let a = try Fixture.core(of: [folder + "/1/app", "assert"], in: folder + "/1")
    let b = try Fixture.core(of: [folder + "/2/app", "assert"], in: folder + "/2")
    #expect(try Self.signature(a).names == Self.signature(b).names)
    #expect(try Self.signature(a).hash != Self.signature(b).hash)
    #expect(try CommandLine.inquest("diff", a, b).status == 0)
    let text = try CommandLine.inquest("core", a, "--signature").output
    #expect(text.contains("assertion-failure") && text.contains("left out"), "\(text)")
  }
}

@Suite("inquest diff")
struct DiffTests {
  private func diff(_ a: String, _ b: String) throws -> (status: Int32, verdict: String?) {
    let outcome = try CommandLine.inquest("diff", a, b, "--json")
    let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    return (outcome.status, json?["verdict"] as? String)
  }

  @Test("tells the same crash, in cores, bundles and saved reports, with status 0")
  func same() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let program = try Fixture.compile("write_to_null.c", with: ["gcc", "-O1", "-g"])
    let (a, b) = (try Fixture.core(of: [program]), try Fixture.core(of: [program]))
    #expect(try CommandLine.inquest("pack", b, "-o", folder + "/bundle").status == 0)
    try Data(CommandLine.inquest("core", a, "--json").output.utf8).write(to: URL(fileURLWithPath: folder + "/report"))
    for other in [b, folder + "/bundle", folder + "/report"] {
      #expect(try diff(a, other) == (0, "same"))
      #expect(try diff(other, a) == (0, "same"))
    }
    let text = try CommandLine.inquest("diff", a, b).output
    #expect(text.contains("THE SAME CRASH") && text.contains("null dereference"), "\(text)")
  }

  @Test("tells crashes apart, with status 1")
  func different() throws {
    let aborts = try Fixture.compile("aborts.c", with: ["gcc", "-O1", "-g"])
    let null = try Fixture.core(of: [Fixture.compile("write_to_null.c", with: ["gcc", "-O1", "-g"])])
    let abort = try Fixture.core(of: [aborts, "assert"])
    #expect(try diff(null, abort) == (1, "different"))
    let elsewhere = try Fixture.core(of: [
      Fixture.compile("threads_and_null.c", with: ["gcc", "-O1", "-g", "-pthread"])
    ])
    #expect(try diff(null, elsewhere) == (1, "same-cause-elsewhere"))
  }

  @Test("that cannot tell, or read, says so with status 2")
  func unknown() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let core = try CommandLine.sampleCore()
    try Data("{\"a\":1}".utf8).write(to: URL(fileURLWithPath: folder + "/other.json"))
    for path in [folder + "/other.json", folder + "/none", "/etc/passwd"] {
      #expect(try CommandLine.inquest("diff", core, path).status == 2)
    }
  }
}
