import Bytes
import DWARF
import ELF
import Foundation
import Machine
import TestSupport
import Testing
import Unwinding

@Suite("Hostile call frame information and stacks")
struct HostileInputTests {
  /// Numbers that look random and are the same in every run (Steele and others, "splitmix64").
  struct Lot: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var value = state
      value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
      value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
      return value ^ (value >> 31)
    }
  }

  /// Memory of a core in which stacks and tables can be altered.
  final class AlteredMemory: TargetMemory {
    let windows: [MemoryWindow]
    init(_ windows: [MemoryWindow]) { self.windows = windows }
    func window(containing address: UInt64) -> MemoryWindow? { windows.first { $0.contains(address) } }
  }

  func altered(_ view: ByteView, _ changes: Int, _ lot: inout Lot) -> ByteView {
    var bytes = view.array
    for _ in 0..<changes where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &lot)
      switch lot.next() % 4 {
      case 0: bytes[place] ^= 1 << UInt8(lot.next() % 8)
      case 1: bytes[place] = 0xff
      case 2: bytes[place] = UInt8(truncatingIfNeeded: lot.next())
      default: bytes.removeLast(min(bytes.count, Int(lot.next() % 16)))
      }
    }
    return ByteView(bytes)
  }

  @Test("give a walk that ends", arguments: 0..<24)
  func altered(_ seed: Int) throws {
    let program = try Fixture.compile(
      "unwind_depth.c", with: ["gcc", "-O2", "-static", "-no-pie", "-Wl,--eh-frame-hdr"])
    let file = try ELFFile(ByteView(MappedFile(path: program)))
    var lot = Lot(state: UInt64(seed))
    let ehFrame = try #require(file.section(named: ".eh_frame"))
    let header = try #require(file.section(named: ".eh_frame_hdr"))
    let text = try #require(file.section(named: ".text"))
    let code = text.address..<text.address + text.fileSize
    // A stack of addresses of code, of the stack, and of nothing.
    let stack: UInt64 = 0x7fff_0000_0000
    let words = (0..<8192).flatMap { _ -> [UInt8] in
      switch lot.next() % 4 {
      case 0: little(stack + lot.next() % 65_536 & ~7, 8)
      case 1: little(lot.next(), 8)
      default: little(UInt64.random(in: code, using: &lot), 8)
      }
    }
    let module = UnwindModule(
      start: 0x40_0000, end: 0x100_0000, bias: seed % 5 == 0 ? lot.next() : 0,
      ehFrameHeader: seed % 3 == 0 ? nil : (header.address, altered(file.contents(of: header), 40, &lot)),
      ehFrame: seed % 7 == 0 ? nil : (ehFrame.address, altered(file.contents(of: ehFrame), 2000, &lot)),
      debugFrame: altered(file.contents(of: ehFrame), 2000, &lot), code: [code])
    let memory = AlteredMemory([
      MemoryWindow(start: stack, bytes: ByteView(words)),
      MemoryWindow(start: text.address, bytes: file.contents(of: text)),
      MemoryWindow(start: ehFrame.address, bytes: altered(file.contents(of: ehFrame), 2000, &lot)),
    ])
    let architecture: Architecture = seed % 4 == 3 ? .aarch64 : .x86_64
    let unwinder = Unwinder(architecture: architecture, modules: [module], memory: memory)
    for _ in 0..<20 {
      var registers = RegisterSet()
      for number in 0..<33 { registers[number] = stack + lot.next() % 65_536 & ~7 }
      registers[architecture.instructionPointerRegister] = UInt64.random(in: code, using: &lot)
      let walk = unwinder.walk(registers)
      // Every frame takes at least a word of the stack, or lies in a segment of its own.
      #expect(walk.frameCount <= 8192 + 4097)
      #expect(walk.frames.count <= walk.frameCount)
    }
  }

  @Test("whose instructions take long do not take long for ever")
  func budget() throws {
    // Every function's rules are behind a megabyte of instructions.
    let long = [UInt8](repeating: 0, count: 1 << 20)
    let functions = (0..<64).map { _ in long + CFA.defCFAOffset(8) }
    let words = (0..<8192).map { HandMadeTarget.pc($0 % 64, UInt64($0 / 64)) | 1 }
    let target = HandMadeTarget(functions: functions, regions: [0x10_0000: words])
    let start = ContinuousClock.now
    let walk = target.walk([16: HandMadeTarget.pc(0), 7: 0x10_0000])
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(walk.frameCount > 14)
  }

  @Test("with expressions that go in circles are given up")
  func expressionLoop() {
    // skip -3, in the rule of every callee-saved register.
    let loop: [UInt8] = [0x2f, 0xfd, 0xff]
    let function = [3, 6, 12, 13, 14, 15].flatMap { CFA.expression($0, loop) }
    let words = (0..<8192).map { HandMadeTarget.pc(0, UInt64($0 % 128)) }
    let target = HandMadeTarget(functions: [function], regions: [0x10_0000: words])
    let walk = target.walk([16: HandMadeTarget.pc(0), 7: 0x10_0000])
    #expect(walk.frames.dropFirst().allSatisfy { $0.provenance != .callFrameInformation })
  }

  @Test("that lie about the order of .eh_frame_hdr do not hide a function")
  func unsortedHeader() {
    var writer = CallFrameWriter()
    let cie = writer.cie(instructions: CFA.defCFA(7, 8) + CFA.offset(16, 1))
    let places = (0..<4).map {
      writer.fde(cie: cie, start: 0x40_0000 + $0 * 0x100, size: 0x100, instructions: CFA.undefined(16))
    }
    let frame: UInt64 = 0x70_0000
    let table: UInt64 = 0x71_0000
    // Functions 3, 2, 1, 0; and, in the second header, an entry of another function's FDE.
    for order in [[3, 2, 1, 0], [0, 1, 3, 3]] {
      var header: [UInt8] = [1, 0x1b, 0x03, 0x3b] + little(frame &- table &- 4, 4) + little(4, 4)
      for (index, function) in order.enumerated() {
        let start = order[0] == 0 ? UInt64(index) : UInt64(function)
        header += little(0x40_0000 + start * 0x100 &- table, 4) + little(frame + UInt64(places[function]) &- table, 4)
      }
      let module = UnwindModule(
        start: 0x40_0000, end: 0x72_0000, bias: 0, ehFrameHeader: (table, ByteView(header)),
        ehFrame: (frame, ByteView(writer.bytes)), debugFrame: nil, code: [0x40_0000..<0x40_0400])
      let memory = AlteredMemory([MemoryWindow(start: 0x1000, bytes: ByteView(little(0, 64)))])
      for function in 0..<4 as Range<UInt64> {
        var registers = RegisterSet()
        registers[16] = 0x40_0000 + function * 0x100 + 0x20
        registers[7] = 0x1000
        let walk = Unwinder(architecture: .x86_64, modules: [module], memory: memory).walk(registers)
        #expect(walk.ending == .outermost, "function \(function), order \(order)")
        #expect(walk.frames[0].functionStart == 0x40_0000 + function * 0x100)
      }
    }
  }
}
