import Machine
import Targets
import TestSupport
import Testing

@Suite("The stack that a stack pointer lies in")
struct StackRegionTests {
  /// The main stack at 0x7f0000 above a gap; thread 2's stack at 0x20000 above a guard at 0x1f000, and below
  /// that a second stack at 0x11000 above a guard at 0x10000; a segment at 0x40000 right above writable memory.
  private func target(_ pointers: [Int32: UInt64] = [:]) throws -> CoreTarget {
    var core = CoreWriter()
    core.addThread(1, signal: 11, registers: ["rsp": pointers[1] ?? 0x7f_0800, "rip": 1])
    core.addThread(2, registers: ["rsp": pointers[2] ?? 0x20_800, "fs_base": 0x2f_f00, "rip": 1])
    core.addThread(3, registers: ["rsp": pointers[3] ?? 0x12_000, "fs_base": 0x1e_f00, "rip": 1])
    core.addProcess(pid: 1, name: "p", commandLine: "p")
    core.addAuxiliaryVector([(25, 0x7f_ff00), (31, 0x7f_fff0)])
    core.addMemory(0x10_000, flags: 0, [], size: 0x1000)
    core.addMemory(0x11_000, flags: 6, [UInt8](repeating: 0, count: 0xe000))
    core.addMemory(0x1f_000, flags: 0, [], size: 0x1000)
    core.addMemory(0x20_000, flags: 6, [UInt8](repeating: 0, count: 0x10_000))
    core.addMemory(0x3f_000, flags: 6, [UInt8](repeating: 0, count: 0x1000))
    core.addMemory(0x40_000, flags: 6, [UInt8](repeating: 0, count: 0x1000), size: 0x1000)
    core.addMemory(0x50_000, flags: 4, [UInt8](repeating: 0, count: 0x1000))
    core.addMemory(0x7f_0000, flags: 6, [UInt8](repeating: 0, count: 0x10_000))
    return try open(core)
  }

  @Test("is the main stack, with nothing mapped below it")
  func main() throws {
    let region = try #require(try target().stackRegion(containing: 0x7f_0800))
    #expect(region.kind == .main)
    #expect(region.start == 0x7f_0000)
    #expect(region.end == 0x80_0000)
    #expect(region.boundary == .gap(0x51_000..<0x7f_0000))
    #expect(region.bytesLeft(below: 0x7f_0800) == 0x800)
  }

  @Test("is a thread's, above its guard")
  func thread() throws {
    let region = try #require(try target().stackRegion(containing: 0x20_800))
    #expect(region.kind == .thread(2))
    #expect(region.boundary == .guardPages(0x1f_000..<0x20_000))
    #expect(region.isBeyondEnd(0x1f_fff))
    #expect(!region.isBeyondEnd(0x20_000))
    #expect(!region.isBeyondEnd(0x1e_fff))
  }

  @Test(
    "is the one above where the pointer has just left it",
    arguments: [
      (0x1f_ff8, 0x20_000, -8), (0x1f_000, 0x20_000, -0x1000), (0x7e_fff8, 0x7f_0000, -8), (0x8_000, 0x11_000, -0x9000),
    ]
      as [(UInt64, UInt64, Int64)])
  func left(_ pointer: UInt64, _ start: UInt64, _ bytes: Int64) throws {
    let region = try #require(try target().stackRegion(near: pointer))
    #expect(region.start == start)
    #expect(region.bytesLeft(below: pointer) == bytes)
  }

  @Test("is none for addresses that no stack lies near", arguments: [0x50_800, 0x80_0000, UInt64.max, 0x4f_000])
  func none(_ pointer: UInt64) throws {
    #expect(try target().stackRegion(near: pointer) == nil)
  }

  @Test("is not looked for farther away than asked")
  func reach() throws {
    #expect(try target().stackRegion(leftAt: 0x60_0000, reach: 0x1000) == nil)
    #expect(try target().stackRegion(leftAt: 0x7e_f800, reach: 0x1000)?.kind == .main)
  }

  @Test("runs into memory where there is no guard, and says whether it may be written to")
  func noGuard() throws {
    let region = try #require(try target([1: 0x40_800]).stackRegion(containing: 0x40_800))
    #expect(region.boundary == .memory(start: 0x3f_000, isWritable: true))
    #expect(!region.isBeyondEnd(0x3f_fff))
    #expect(region.kind == .other, "the main thread is on it, and it is not the main stack")
  }

  @Test("is not always the one that the thread was made with")
  func native() throws {
    let target = try target([2: 0x40_800])
    let thread = try #require(target.threads.first { $0.tid == 2 })
    #expect(target.nativeStack(of: thread)?.start == 0x20_000)
    #expect(target.stackRegion(containing: 0x40_800)?.kind == .other)
    #expect(target.nativeStack(of: target.threads[0])?.kind == .main)
  }

  @Test("names its mapping and the guard below it")
  func uses() throws {
    let target = try target()
    #expect(
      target.mappings.map(\.use) == [
        .guardPage, .stack(tid: 3), .guardPage, .stack(tid: 2), .anonymous, .anonymous, .anonymous, .stack(tid: 1),
      ])
  }
}
