import Foundation
import TestSupport
import Testing

@Suite("A core from elsewhere")
struct CoresFromElsewhereTests {
  private func stacks(_ outcome: Outcome) throws -> [[String: Any]] {
    let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    return try #require(report?["stacks"] as? [[String: Any]])
  }

  @Test("of another architecture is examined with its libc's folder as root")
  func guest() throws {
    let program = try Fixture.compile("write_to_null.c", with: Fixture.aarch64 + ["-O1", "-g"])
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let core = try Fixture.guestCore(of: [program], in: folder)
    let outcome = try CommandLine.inquest("core", core, "--exe", program, "--sysroot", "/usr/aarch64-linux-gnu")
    #expect(outcome.output.contains("was killed by SIGSEGV"), "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("fill at write_to_null.c:11"))
    #expect(outcome.output.contains("main at write_to_null.c:"))
    try Schema.check(CommandLine.inquest("core", core, "--exe", program, "--json", "--full").output)
  }

  @Test("that is compressed gives the same report", arguments: ["gzip", "xz", "zstd", "lz4"])
  func compressed(tool: String) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let core = try CommandLine.sampleCore()
    try runChecked(["sh", "-c", "\(tool) -1 -c \"$1\" > core.packed", "sh", core], in: folder)
    let plain = try CommandLine.inquest("core", core).output.split(separator: "\n").dropFirst()
    let packed = try CommandLine.inquest("core", folder + "/core.packed").output.split(separator: "\n").dropFirst()
    #expect(packed == plain)
  }

  @Test("whose program was built anew since says so at the top, and does not believe the new one")
  func stale() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let program = folder + "/victim"
    let source = try Fixture.path(of: "write_to_null.c")
    try runChecked(["gcc", "-O1", "-g", "-Wl,--build-id", "-o", program, source])
    let core = try Fixture.core(of: [program], in: folder)
    try runChecked(["gcc", "-O2", "-Wl,--build-id", "-DOTHER", "-g", "-o", program, source])
    let outcome = try CommandLine.inquest("core", core)
    let head = outcome.output.split(separator: "\n").prefix(3).joined()
    #expect(head.contains("WARNING"), "\(outcome.output)")
    #expect(head.contains("victim"))
    #expect(!outcome.output.contains("write_to_null.c"))
  }

  @Test("of a container is examined with the container's root, its own files being gone")
  func systemRoot() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let program = folder + "/app/victim"
    try runChecked(["mkdir", "-p", folder + "/app", folder + "/work", folder + "/root" + folder])
    let source = try Fixture.path(of: "write_to_null.c")
    try runChecked(["gcc", "-O1", "-g", "-Wl,--build-id", "-o", program, source])
    let core = try Fixture.core(of: [program], in: folder + "/work")
    try runChecked(["mv", folder + "/app", folder + "/root" + folder + "/app"])
    let without = try CommandLine.inquest("core", core)
    #expect(!without.output.contains("write_to_null.c:11"))
    #expect(without.output.contains("MISSING"))
    let with = try CommandLine.inquest("core", core, "--sysroot", folder + "/root", "--sysroot", "/")
    #expect(with.output.contains("fill at write_to_null.c:11"), "\(with.output)")
  }
}
