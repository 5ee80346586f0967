import Disassembly
import Machine
import Testing

@Suite struct AArch64AccessTests {
  struct Case: Sendable {
    let text: String
    let word: UInt32
    let access: (MemoryAccess.Direction, Int?, UInt64)?
  }

  static let cases: [Case] = [
    Case(text: "ldr x0, [x1]", word: 0xf940_0020, access: (.read, 8, 0x20000)),
    Case(text: "ldr x0, [x1, #16]", word: 0xf940_0820, access: (.read, 8, 0x20010)),
    Case(text: "str w0, [x1, #4]", word: 0xb900_0420, access: (.write, 4, 0x20004)),
    Case(text: "strb wzr, [x0]", word: 0x3900_001f, access: (.write, 1, 0x10000)),
    Case(text: "ldr x0, [x1, #8]!", word: 0xf840_8c20, access: (.read, 8, 0x20008)),
    Case(text: "ldr x0, [x1], #8", word: 0xf840_8420, access: (.read, 8, 0x20000)),
    Case(text: "ldur x0, [x1, #-8]", word: 0xf85f_8020, access: (.read, 8, 0x1fff8)),
    Case(text: "ldr x0, [x1, x2, lsl #3]", word: 0xf862_7820, access: (.read, 8, 0x1a0000)),
    Case(text: "ldr w0, [x1, w2, sxtw]", word: 0xb862_c820, access: (.read, 4, 0x50000)),
    Case(text: "ldrsw x0, [x1]", word: 0xb980_0020, access: (.read, 4, 0x20000)),
    Case(text: "stp x29, x30, [sp, #-32]!", word: 0xa9be_7bfd, access: (.write, 16, 0x1fffe0)),
    Case(text: "ldp x29, x30, [sp], #32", word: 0xa8c2_7bfd, access: (.read, 16, 0x200000)),
    Case(text: "ldr x0, literal", word: 0x5800_0040, access: (.read, 8, 0x401008)),
    Case(text: "ldr q0, [x1]", word: 0x3dc0_0020, access: (.read, 16, 0x20000)),
    Case(text: "str q0, [x1, #16]", word: 0x3d80_0420, access: (.write, 16, 0x20010)),
    Case(text: "ldxr w0, [x1]", word: 0x885f_7c20, access: (.read, 4, 0x20000)),
    Case(text: "stlr x0, [x1]", word: 0xc89f_fc20, access: (.write, 8, 0x20000)),
    Case(text: "ldar x0, [x1]", word: 0xc8df_fc20, access: (.read, 8, 0x20000)),
    Case(text: "ldaddal w0, w2, [x1]", word: 0xb8e0_0022, access: (.readWrite, 4, 0x20000)),
    Case(text: "casal x0, x2, [x1]", word: 0xc8e0_fc22, access: (.readWrite, 8, 0x20000)),
    Case(text: "ldapr x0, [x1]", word: 0xf8bf_c020, access: (.read, 8, 0x20000)),
    Case(text: "ld1 {v0.16b}, [x0]", word: 0x4c40_7000, access: (.read, 16, 0x10000)),
    Case(text: "dc zva, x3", word: 0xd50b_7423, access: (.write, nil, 0x40000)),
    Case(text: "prfm pldl1keep, [x0]", word: 0xf980_0000, access: nil),
    Case(text: "add x0, x1, x2", word: 0x8b02_0020, access: nil),
    Case(text: "nop", word: 0xd503_201f, access: nil),
  ]

  @Test("accesses of an instruction: direction, size, address", arguments: cases)
  func accesses(_ example: Case) throws {
    let instruction = try #require(decode(a64: example.word), "\(example.text)")
    #expect(instruction.accesses.count == (example.access == nil ? 0 : 1), "\(example.text)")
    guard let wanted = example.access, let found = instruction.accesses.first else { return }
    let address = found.address(
      registers: numberedRegisters(), instruction: instruction, architecture: .aarch64, threadPointer: nil)
    #expect(found.direction == wanted.0, "\(example.text)")
    #expect(found.size == wanted.1, "\(example.text)")
    #expect(address == wanted.2, "\(example.text)")
  }

  @Test("a 32-bit index is sign-extended")
  func signedIndex() throws {
    let instruction = try #require(decode(a64: 0xb862_d820))  // ldr w0, [x1, w2, sxtw #2]
    var registers = RegisterSet()
    registers[1] = 0x1000
    registers[2] = 0xaaaa_aaaa_ffff_ffff
    let address = instruction.accesses.first?.address(
      registers: registers, instruction: instruction, architecture: .aarch64, threadPointer: nil)
    #expect(address == 0xffc)
  }

  @Test(
    "kinds of instructions",
    arguments: [
      (0x9400_0000, .call), (0xd63f_0000, .call), (0xd65f_03c0, .return), (0x1400_0000, .jump), (0x5400_0000, .jump),
      (0xb400_0000, .jump), (0xd420_0020, .trap), (0x0000_0000, .trap), (0xd400_0001, .systemCall),
      (0xd104_03ff, .stackAllocation(0x100)), (0xd140_07ff, .stackAllocation(0x1000)), (0x1ac0_0c20, .divide),
      (0x8b02_0020, .other),
    ] as [(UInt32, Instruction.Kind)])
  func kinds(_ word: UInt32, _ kind: Instruction.Kind) throws {
    #expect(try #require(decode(a64: word)).kind == kind)
  }

  @Test("a branch backwards goes backwards")
  func branchTarget() throws {
    #expect(try #require(decode(a64: 0x97ff_ffff)).target == 0x400ffc)
    #expect(try #require(decode(a64: 0x5400_0040)).target == 0x401008)
  }
}
