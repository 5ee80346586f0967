import Foundation
import TestSupport
import Testing

/// The C and assembly below, with other libcs and another processor.
@Suite("The core of Handrail") struct CoreTests {
  private static let folder = Fixture.packageRoot + "/Sources/CHandrail"

  /// A fixture with the core compiled into it.
  static func compiled(_ name: String, _ compiler: [String]) throws -> String {
    let sources = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasSuffix(".c") || $0.hasSuffix(".S") }.map { folder + "/" + $0 }
    // What is kept has a name made of its ingredients: these are some.
    let guarded = ["environment/environment", "environment/list", "environment/texts", "common/memory"]
      .map { Fixture.packageRoot + "/Guard/\($0).c" }
    let all = try FileManager.default.contentsOfDirectory(atPath: folder + "/include").map { folder + "/include/" + $0 }
    let text = try (sources + guarded + all.sorted()).map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
    let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return try Fixture.compile(
      name + ".c", with: compiler + ["-O2", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-DINGREDIENTS=\(hash)"],
      after: sources)
  }

  @Test(
    "stacks, cancellations, joins and the environment",
    arguments: [["gcc"], ["clang"], ["musl-gcc"], ["gcc", "-static"]])
  func core(compiler: [String]) throws {
    let outcome = try run([try Self.compiled("handrail_core", compiler), "200"])
    #expect(outcome.output == "0 wrong of 1000\n", "\(outcome.errors)")
  }

  @Test(
    "every kind of stack is known or left, and what little there is is given",
    arguments: [["gcc"], ["clang"], ["musl-gcc"], ["gcc", "-static"]])
  func stacks(compiler: [String]) throws {
    let program = try Self.compiled("handrail_stacks", compiler)
    let outcome = try run([program])
    #expect(outcome.output == "0 wrong of 20\n", "\(outcome.errors)")
    #expect(try run([program, "keyless"]).output == "0 wrong\n")
  }

  @Test(
    "a cancellation wakes a thread that waits, also under sanitizers, which see no fault in it",
    arguments: ["thread", "address,undefined"])
  func sanitizers(sanitizer: String) throws {
    let outcome = try run(
      [try Self.compiled("handrail_wakes", ["gcc", "-fsanitize=\(sanitizer)"]), "20"], timeout: 60)
    #expect(outcome.output == "20 woken of 20\n" && outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test(
    "the main thread's stack is known without /proc", .enabled(if: Self.mayHide), arguments: [["gcc"], ["musl-gcc"]])
  func untold(compiler: [String]) throws {
    let outcome = try run(Self.hidden + [try Self.compiled("handrail_stacks", compiler), "untold"])
    #expect(outcome.output == "0 wrong\n", "\(outcome.errors)")
  }

  /// Runs what follows it with an empty /proc.
  private static let hidden = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh"]
  private static let mayHide = (try? run(hidden + ["true"]))?.status == 0

  @Test(
    "on aarch64 as well, as far as an emulator shows it",
    .enabled(if: Fixture.has("qemu-aarch64") && Fixture.has(Fixture.aarch64[0])))
  func aarch64() throws {
    let program = try Self.compiled("handrail_core", [Fixture.aarch64[0]])
    let emulated = ["qemu-aarch64", "-L", Fixture.aarch64SystemRoot]
    let outcome = try run(emulated + [program, "60", "emulated"], timeout: 300)
    #expect(outcome.output == "0 wrong of 1000\n", "\(outcome.errors)")
    let stacks = try run(
      emulated + [try Self.compiled("handrail_stacks", [Fixture.aarch64[0]]), "emulated"], timeout: 300)
    #expect(stacks.output == "0 wrong of 20\n", "\(stacks.errors)")
  }

  #if arch(x86_64)
    @Test(
      "a cancellation at each instruction of a call is before it or after it, and loses nothing",
      arguments: [["gcc"], ["musl-gcc"]], ["open", "read"])
    func windows(compiler: [String], kind: String) throws {
      let lines = try runChecked([try Self.compiled("handrail_windows", compiler), kind]).output.split(separator: "\n")
      #expect(lines.count == 25)
      #expect(lines.allSatisfy { $0.hasPrefix("right: ") }, "\(lines.joined(separator: "\n"))")
      #expect(lines.contains { $0.contains("2 bytes before the end: cancelled, ") })
      #expect(lines.contains { $0.contains("0 bytes from the end: returned, cancelled at the next point") })
    }
  #endif
}
