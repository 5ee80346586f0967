import Machine
import ModuleFiles
import Targets
import TestSupport
import Testing

@Suite("An alternate signal stack")
struct SignalStackTests {
  private func core(_ kind: String, _ compiler: String = "gcc") throws -> CoreTarget {
    let program = try Fixture.compile("signal_stack_crash.c", with: [compiler, "-O1", "-g"])
    guard compiler.hasPrefix("aarch64") else { return try CoreTarget(path: Fixture.core(of: [program, kind])) }
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try runChecked(
      [
        "bash", "-c",
        "ulimit -c unlimited; qemu-aarch64 -L /usr/aarch64-linux-gnu \"$1\" \(kind); mv qemu_*.core guest",
        "bash", program,
      ], in: folder)
    return try CoreTarget(path: folder + "/guest", search: SearchPaths(systemRoots: ["/usr/aarch64-linux-gnu"]))
  }

  @Test("that a handler runs on is known, with its guard", arguments: ["gcc", "aarch64-linux-gnu-gcc"])
  func mapped(_ compiler: String) throws {
    let target = try core("mapped", compiler)
    let thread = try #require(target.signalledThread)
    let sp = try #require(thread.registers.stackPointer(target.architecture))
    let region = try #require(target.stackRegion(containing: sp))
    #expect(region.kind == .signalStack(thread.tid))
    #expect(region.size == 65_536)
    #expect(region.boundary == .guardPages(region.start - 4096..<region.start))
    #expect(target.mapping(containing: sp)?.use == .signalStack(tid: thread.tid))
    #expect(target.mapping(containing: sp - 65_536)?.use != .stack(tid: thread.tid))
    let native = try #require(target.nativeStack(of: thread))
    #expect(native.kind == .main)
    #expect(!native.contains(sp))
  }

  @Test("that is an array of the program's has the array's bounds, not its mapping's")
  func array() throws {
    let target = try core("array")
    let thread = try #require(target.signalledThread)
    let sp = try #require(thread.registers.stackPointer(.x86_64))
    let region = try #require(target.stackRegion(containing: sp))
    #expect(region.kind == .signalStack(thread.tid))
    #expect(region.size == 65_536)
    guard case .memory(_, isWritable: true) = region.boundary else {
      Issue.record("\(region.boundary)")
      return
    }
  }
}
