import Foundation
import TestSupport
import Testing

@Suite("A redacted bundle")
struct RedactionTests {
  static let secret = "Xq7Zk3VwT9sBn2Lc"

  /// Packs a core with --redact, unpacks it, and looks for the secret and for what is left of it without its ends.
  private func redact(_ core: String, in folder: String, options: [String] = []) throws -> (text: String, left: Int) {
    let bundle = folder + "/bundle.tar.zst"
    let outcome = try run([CommandLine.executable, "pack", core, "-o", bundle, "--redact"] + options)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    try runChecked(["sh", "-c", "zstd -dcq bundle.tar.zst > bundle.tar"], in: folder)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/bundle.tar"))
    let left = [Self.secret, String(Self.secret.dropFirst(2).prefix(8))].filter {
      bytes.range(of: Data($0.utf8)) != nil
    }
    return (try CommandLine.inquest("core", bundle).output, left.count)
  }

  @Test(
    "holds no secret, and gives the same verdict",
    arguments: [("null", "null dereference"), ("recursion", "stack exhaustion"), ("abort", "abort")])
  func secrets(how: String, verdict: String) throws {
    let program = try Fixture.compile("secrets.c", with: ["gcc", "-O1", "-g", "-pthread"])
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let core = try Fixture.core(
      of: [program, how, Self.secret], in: folder, environment: ["SECRET_TOKEN": Self.secret])
    let before = try Data(contentsOf: URL(fileURLWithPath: core))
    #expect(before.range(of: Data(Self.secret.utf8)) != nil)
    let redacted = try redact(core, in: folder)
    #expect(redacted.left == 0)
    #expect(redacted.text.contains("VERDICT   \(verdict), proved"), "\(redacted.text)")
    #expect(redacted.text.contains("the bundle was redacted"))
    let whole = try CommandLine.json("core", core, "--json") as? [String: Any]
    let again = try CommandLine.json("core", folder + "/bundle.tar.zst", "--json") as? [String: Any]
    #expect((whole?["signature"] as? NSDictionary) == (again?["signature"] as? NSDictionary))
  }

  @Test("of an environment race gives the same verdict, and keeps the variables' names, not their values")
  func race() throws {
    let program = try Fixture.compile("environment_race.c", with: ["gcc", "-O1", "-g", "-pthread"])
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    // Which form the race takes, and so how sure its verdict is, chance decides: the usual one is asked for.
    let proved = "VERDICT   environment race, proved"
    var core = ""
    for turn in 0..<8 where core.isEmpty {
      let own = folder + "/\(turn)"
      try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
      let made = try Fixture.core(of: [program], in: own, environment: ["KEPT_NAME": Self.secret])
      if try CommandLine.inquest("core", made).output.contains(proved) { core = made }
    }
    let redacted = try redact(#require(core.isEmpty ? nil : core), in: folder)
    #expect(redacted.left == 0)
    #expect(redacted.text.contains(proved), "\(redacted.text)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/bundle.tar"))
    #expect(bytes.range(of: Data("KEPT_NAME=\0".utf8)) != nil)
  }

  @Test("keeps the registers, and what they point to by name")
  func registers() throws {
    let program = try Fixture.compile("secrets.c", with: ["gcc", "-O1", "-g", "-pthread"])
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let core = try Fixture.core(of: [program, "null", Self.secret], in: folder)
    _ = try redact(core, in: folder)
    let registers = try CommandLine.json("examine", core, "registers", "--json") as? NSObject
    #expect(
      registers == (try CommandLine.json("examine", folder + "/bundle.tar.zst", "registers", "--json") as? NSObject))
  }
}
