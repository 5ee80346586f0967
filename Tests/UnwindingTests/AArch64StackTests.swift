import Machine
import TestSupport
import Testing
import Unwinding

/// Guest cores of qemu have no NT_FILE: programs are linked statically at a fixed address.
@Suite(
  "The stack of an aarch64 program that crashed",
  .enabled(if: Fixture.has("qemu-aarch64") && Fixture.has("aarch64-linux-gnu-gcc")))
struct AArch64StackTests {
  static let compiler = ["aarch64-linux-gnu-gcc", "-static", "-no-pie"]

  /// Runs a program under qemu-user and reads the core that qemu wrote of it.
  func core(_ source: String, _ options: [String], _ arguments: [String]) throws -> CoreFile {
    let program = try Fixture.compile(source, with: Self.compiler + options)
    return try CoreFile(try Fixture.guestCore(of: [program] + arguments), program: program)
  }

  @Test(
    "is found by call frame information, also where the crash is in a leaf",
    arguments: [
      ("null", ["?", "call_null", "choose", "main"]),
      ("noreturn", ["never_returns", "ends_with_call", "choose", "main"]),
      ("leaf", ["leaf", "calls_leaf", "choose", "main"]),
      ("realigned", ["leaf", "realigned", "choose", "main"]),
    ], [["-O2"], ["-O0"], ["-O2", "-mbranch-protection=pac-ret+leaf"]])
  func calls(_ expected: (String, [String]), _ options: [String]) throws {
    let core = try core("unwind_calls.c", options, [expected.0])
    let walk = core.unwinder.walk(core.threads[0])
    let found = core.names(walk).prefix(4).map { String($0.prefix { $0 != "." }) }
    #expect(found == expected.1)
    #expect(walk.ending == .outermost)
    if expected.0 == "null" { #expect(walk.frames[1].provenance == .linkRegister) }
  }

  @Test(
    "is found without call frame information by link register and frame records",
    arguments: ["null", "leaf", "noreturn"], [["-O1"], ["-O0"]])
  func frameRecords(_ what: String, _ options: [String]) throws {
    let core = try core(
      "unwind_calls.c", ["-fno-asynchronous-unwind-tables", "-fno-exceptions"] + options, [what])
    let walk = core.unwinder.walk(core.threads[0])
    let inner = [
      "null": ["?", "call_null"], "noreturn": ["never_returns", "ends_with_call"], "leaf": ["leaf", "calls_leaf"],
    ]
    #expect(Array(core.names(walk).prefix(4)) == (inner[what] ?? []) + ["choose", "main"])
    #expect(walk.ending == .outermost)
  }

  @Test("leads from a signal handler to what the signal interrupted", arguments: [[], ["ordinary"]])
  func signals(_ arguments: [String]) throws {
    let core = try core("unwind_signal.c", ["-O2", "-fno-omit-frame-pointer"], arguments)
    let walk = core.unwinder.walk(core.threads[0])
    #expect(
      Array(core.names(walk).prefix(6)) == ["crash_again", "handler", "<signal>", "crash", "middle", "main"])
    #expect(walk.ending == .outermost)
  }

  @Test("continues on other stacks wherever they lie", arguments: ["up", "down", "mixed"])
  func contexts(_ order: String) throws {
    let core = try core("unwind_contexts.c", ["-O2"], [order])
    let walk = core.unwinder.walk(core.threads[0])
    let turn = ["deeper", "on_stack"]
    #expect(Array(core.names(walk).prefix(10)) == turn + turn + turn + turn + ["deeper", "main"])
    #expect(walk.ending == .outermost)
  }
}
