import Foundation
import TestSupport
import Testing

/// `inquest guard` and threads that are cancelled: nothing that a call returned is lost, and no cancellation.
@Suite("inquest guard: cancellation") struct GuardCancellationTests {
  static let losing = ["open", "openat", "creat", "accept", "accept4", "read"]

  static func guarded(_ command: [String], _ options: [String] = [], timeout: Double = 120) throws -> Outcome {
    try run([CommandLine.executable, "guard"] + options + ["--"] + command, timeout: timeout)
  }

  static func compiled(_ name: String, _ compiler: [String] = ["gcc"]) throws -> String {
    try Fixture.compile("guard_\(name).c", with: compiler + ["-O2", "-pthread", "-Wl,-z,now"], after: ["-lrt"])
  }

  /// glibc up to 2.40 loses what a call returns; of later ones and of musl nothing of the kind is known.
  static let libcLoses: Bool = {
    let words = (try? run(["getconf", "GNU_LIBC_VERSION"]))?.output.firstMatch(of: /glibc 2\.(\d+)/)
    return words.flatMap { Int($0.1) }.map { $0 <= 40 } ?? false
  }()

  @Test("nothing is lost of what calls return while their threads are cancelled", arguments: losing)
  func leaks(call: String) throws {
    let outcome = try Self.guarded([try Self.compiled("leaks"), call, "300"])
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    #expect(outcome.output.contains("300 cancellations, 0 "))
  }

  @Test("nor where handlers of another signal run over all of that", arguments: losing)
  func leaksUnderSignals(call: String) throws {
    let outcome = try Self.guarded([try Self.compiled("leaks"), call, "60", "signals"])
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    #expect(outcome.output.contains("60 cancellations, 0 "))
  }

  @Test("nor in a program of musl's", arguments: ["open", "read"])
  func leaksOfMusl(call: String) throws {
    let outcome = try Self.guarded([try Self.compiled("leaks", ["musl-gcc"]), call, "300"])
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
  }

  @Test(
    "without it, or where it is not asked for, the same program loses descriptors", .enabled(if: libcLoses),
    arguments: [nil, "environment"])
  func leaksAlone(only: String?) throws {
    let command = [try Self.compiled("leaks"), "open", "300"]
    let outcome = try only.map { try Self.guarded(command, ["--only", $0]) } ?? run(command)
    #expect(outcome.status == 1)
    #expect(!outcome.output.contains(" 0 descriptors lost"))
  }

  @Test("says once a call what it has kept, and at the end how often", .enabled(if: libcLoses))
  func told() throws {
    let outcome = try Self.guarded([try Self.compiled("leaks"), "open", "300"], ["--summary"])
    let lines = outcome.errors.split(separator: "\n").filter { $0.contains("cancellation: ") }
    #expect(lines.filter { $0.contains("when open had just returned ") }.count == 1, "\(outcome.errors)")
    #expect(lines.filter { $0.contains("were kept for the next cancellation point") }.count == 1, "\(outcome.errors)")
  }

  static let handlers = [
    "plain", "nested", "calls", "disables", "types", "masks", "itself", "no-restart", "nodefer", "jumps",
  ]

  @Test(
    "a cancellation during a signal handler acts when the handler returns, neither earlier nor never",
    arguments: handlers, [["gcc"], ["musl-gcc"]])
  func redelivery(handler: String, compiler: [String]) throws {
    let outcome = try Self.guarded([try Self.compiled("redelivery", compiler), handler, "20"])
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    #expect(outcome.output.contains("0 lost, 0 acted within the handler"))
  }

  #if arch(x86_64)
    @Test(
      "stopped at any instruction of a call, a thread either does not make it or gets its result",
      arguments: ["open", "read", "accept4", "close", "poll", "clock_nanosleep", "sem_timedwait"])
    func windows(call: String) throws {
      let outcome = try Self.guarded([try Self.compiled("windows"), call])
      #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
      #expect(outcome.output.contains(" 0 results lost, 0 calls begun although cancelled, 0 cancellations lost"))
    }

    @Test("without it that program finds what it looks for", .enabled(if: libcLoses))
    func windowsAlone() throws {
      let outcome = try run([try Self.compiled("windows"), "open"], timeout: 120)
      #expect(outcome.status == 1)
      #expect(!outcome.output.contains(" 0 results lost"))
    }
  #endif

  @Test("types and states are what POSIX says, within calls and outside", arguments: [["gcc"], ["musl-gcc"]])
  func rules(compiler: [String]) throws {
    let program = try Self.compiled("cancel_rules", compiler)
    let outcome = try Self.guarded([program])
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    #expect(try outcome.output == run([program]).output)
  }

  @Test(
    "on aarch64 as well, as far as an emulator shows it",
    .enabled(if: Fixture.has("qemu-aarch64") && Fixture.has(Fixture.aarch64[0])))
  func aarch64() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let library = folder + "/guard.so"
    try runChecked([Fixture.packageRoot + "/Guard/compile", Fixture.aarch64[0], library])
    let emulated = ["qemu-aarch64", "-L", Fixture.aarch64SystemRoot, "-E", "LD_PRELOAD=" + library]
    for call in ["open", "read"] {
      let leaks = try run(emulated + [try Self.compiled("leaks", Fixture.aarch64), call, "100"])
      #expect(leaks.status == 0, "\(leaks.output) \(leaks.errors)")
    }
    for handler in Self.handlers {
      let redelivery = try run(emulated + [try Self.compiled("redelivery", Fixture.aarch64), handler, "5"])
      #expect(redelivery.status == 0, "\(redelivery.output) \(redelivery.errors)")
    }
    let rules = try run(emulated + [try Self.compiled("cancel_rules", Fixture.aarch64)])
    #expect(rules.status == 0, "\(rules.output) \(rules.errors)")
  }
}
