import Machine
import TestSupport
import Testing
import Unwinding

@Suite("The stack of a program that crashed")
struct RealStackTests {
  @Test(
    "is what gdb says, by call frame information alone",
    arguments: [["-O0"], ["-O2"], ["-O2", "-fomit-frame-pointer"], ["-Os", "-static"]])
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
}
