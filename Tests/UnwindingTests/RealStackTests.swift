import Machine
import TestSupport
import Testing
import Unwinding

@Suite("The stack of a program that crashed")
struct RealStackTests {
  @Test(
    "is what gdb says, by call frame information alone", .enabled(if: Fixture.has("gdb")),
    arguments: [
      ["-O0"], ["-O2"], ["-O2", "-fomit-frame-pointer"], ["-Os", "-static"],
      // .debug_frame is all that there is.
      ["-O2", "-fno-asynchronous-unwind-tables", "-fomit-frame-pointer"],
    ])
  func callFrameInformation(_ options: [String]) throws {
    let program = try Fixture.compile("unwind_depth.c", with: ["gcc", "-g"] + options)
    let path = try Fixture.core(of: [program])
    let core = try CoreFile(path)
    let walk = core.unwinder.walk(core.threads[0])
    let expected = try gdbStack(program, path)
    #expect(walk.frames.map(\.pc) == expected)
    #expect(walk.ending == .outermost)
    #expect(walk.frames.dropFirst().allSatisfy { $0.provenance == .callFrameInformation })
  }

  @Test(
    "goes through a call that cannot have worked, a call at the end of its function, and a realigned frame",
    arguments: [
      ("null", ["?", "call_null", "choose", "main"]),
      ("wild", ["?", "call_wild", "choose", "main"]),
      ("noreturn", ["never_returns", "ends_with_call", "choose", "main"]),
      ("leaf", ["leaf", "calls_leaf", "choose", "main"]),
      ("realigned", ["leaf", "realigned", "choose", "main"]),
      ("vdso", ["?", "into_vdso", "choose", "main"]),
    ])
  func calls(_ what: String, _ names: [String]) throws {
    let program = try Fixture.compile("unwind_calls.c", with: ["gcc", "-O2"])
    let core = try CoreFile(try Fixture.core(of: [program, what]))
    let walk = core.unwinder.walk(core.threads[0])
    // The compiler may have moved a call that does not return out of its function: "choose.cold".
    let found = core.names(walk).prefix(4).map { String($0.prefix { $0 != "." }) }
    #expect(found == names)
    #expect(walk.ending == .outermost)
    if what == "null" { #expect(walk.frames[1].provenance == .prologue) }
  }

  @Test(
    "is found without call frame information by frame pointers, prologue and leaf",
    arguments: ["null", "noreturn", "leaf"], [["-O1", "-fno-omit-frame-pointer"], ["-O0"]])
  func framePointers(_ what: String, _ options: [String]) throws {
    let program = try Fixture.compile(
      "unwind_calls.c", with: ["gcc", "-fno-asynchronous-unwind-tables", "-fno-exceptions"] + options)
    let core = try CoreFile(try Fixture.core(of: [program, what]))
    let walk = core.unwinder.walk(core.threads[0])
    let inner = [
      "null": ["?", "call_null"], "noreturn": ["never_returns", "ends_with_call"], "leaf": ["leaf", "calls_leaf"],
    ]
    #expect(Array(core.names(walk).prefix(4)) == (inner[what] ?? []) + ["choose", "main"])
    #expect(walk.ending == .outermost)
    #expect(walk.frames.contains { $0.provenance == .framePointer })
  }

  @Test("does not leave out the caller of code that has no frame of its own")
  func frameless() throws {
    let program = try Fixture.compile(
      "unwind_frameless.c",
      with: ["gcc", "-O1", "-fno-omit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-exceptions"])
    let core = try CoreFile(try Fixture.core(of: [program]))
    let walk = core.unwinder.walk(core.threads[0])
    #expect(Array(core.names(walk).prefix(4)) == ["crash_frameless", "middle", "outer", "main"])
    #expect(walk.frames[1].provenance == .scan)
    #expect(walk.frames[2].provenance == .framePointer)
    #expect(walk.ending == .outermost)
  }

  @Test("is guessed by a scan where there is neither, and says so")
  func scan() throws {
    let program = try Fixture.compile(
      "unwind_calls.c",
      with: ["gcc", "-O2", "-fno-asynchronous-unwind-tables", "-fno-exceptions", "-fomit-frame-pointer"])
    let core = try CoreFile(try Fixture.core(of: [program, "leaf"]))
    let walk = core.unwinder.walk(core.threads[0])
    let names = core.names(walk)
    #expect(Array(names.prefix(4)) == ["leaf", "calls_leaf", "choose", "main"])
    #expect(walk.frames[1].provenance == .prologue)
    #expect(walk.frames[2].provenance == .scan)
  }

  @Test(
    "leads from a signal handler to what the signal interrupted, on either stack, in either direction",
    arguments: [[], ["ordinary"]],
    [["gcc"], ["gcc", "-DALTSTACK_LOW"]] + (Fixture.has("musl-gcc") ? [["musl-gcc", "-static"]] : []))
  func signals(_ arguments: [String], _ compiler: [String]) throws {
    let program = try Fixture.compile("unwind_signal.c", with: compiler + ["-O2", "-fno-omit-frame-pointer"])
    let core = try CoreFile(try Fixture.core(of: [program] + arguments))
    let walk = core.unwinder.walk(core.threads[0])
    #expect(
      Array(core.names(walk).prefix(6)) == ["crash_again", "handler", "<signal>", "crash", "middle", "main"])
    let interrupted = walk.frames[3]
    #expect(interrupted.isExact)
    #expect(interrupted.provenance == .signalFrame)
    #expect(walk.ending == .outermost)
  }

  @Test("continues on other stacks wherever they lie", arguments: ["up", "down", "mixed"])
  func contexts(_ order: String) throws {
    let program = try Fixture.compile("unwind_contexts.c", with: ["gcc", "-O2"])
    let core = try CoreFile(try Fixture.core(of: [program, order]))
    let walk = core.unwinder.walk(core.threads[0])
    let turn = ["deeper", "on_stack"]
    #expect(Array(core.names(walk).prefix(10)) == turn + turn + turn + turn + ["deeper", "main"])
    #expect(walk.ending == .outermost)
  }

  @Test("of a real interpreter is what gdb says", .enabled(if: Fixture.has("gdb")))
  func interpreter() throws {
    let python = try Fixture.python()
    let path = try Fixture.core(of: [python, "-c", "import os; sorted([2, 1], key=lambda number: os.abort())"])
    let core = try CoreFile(path)
    let walk = core.unwinder.walk(core.threads[0])
    let expected = try gdbStack(python, path)
    #expect(walk.frames.map(\.pc) == expected)
    #expect(walk.ending == .outermost)
  }

  @Test("gives the registers of an outer frame")
  func registers() throws {
    let program = try Fixture.compile("unwind_depth.c", with: ["gcc", "-g", "-O0"])
    let core = try CoreFile(try Fixture.core(of: [program]))
    let unwinder = core.unwinder
    let walk = unwinder.walk(core.threads[0])
    let number = try #require(core.names(walk).firstIndex(of: "sorted"))
    let registers = try #require(unwinder.registers(ofFrame: number, from: core.threads[0]))
    #expect(registers.instructionPointer(.x86_64) == walk.frames[number].pc)
    // At -O0 the frame pointer is 16 below the CFA.
    #expect(registers.framePointer(.x86_64) == walk.frames[number].cfa - 16)
    #expect(registers[0] == nil)
    #expect(unwinder.registers(ofFrame: walk.frameCount, from: core.threads[0]) == nil)
  }
}
