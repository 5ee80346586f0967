import Disassembly
import Machine
import Testing

@Suite struct X86AccessTests {
  struct Case: Sendable {
    let text: String
    let bytes: [UInt8]
    let accesses: [(MemoryAccess.Direction, Int?, UInt64?)]
  }

  static let cases: [Case] = [
    Case(text: "mov eax, dword ptr [rdi + 0x10]", bytes: [0x8b, 0x47, 0x10], accesses: [(.read, 4, 0x60010)]),
    Case(text: "mov dword ptr [rdi], 0", bytes: [0xc7, 0x07, 0, 0, 0, 0], accesses: [(.write, 4, 0x60000)]),
    Case(text: "mov qword ptr [rax + rcx*8], rdx", bytes: [0x48, 0x89, 0x14, 0xc8], accesses: [(.write, 8, 0x190000)]),
    Case(text: "add qword ptr [rbx], 1", bytes: [0x48, 0x83, 0x03, 1], accesses: [(.readWrite, 8, 0x40000)]),
    Case(text: "cmp byte ptr [rdi], 0", bytes: [0x80, 0x3f, 0], accesses: [(.read, 1, 0x60000)]),
    Case(text: "lea rax, [rdi + 8]", bytes: [0x48, 0x8d, 0x47, 8], accesses: []),
    Case(text: "nop dword ptr [rax]", bytes: [0x0f, 0x1f, 0], accesses: []),
    Case(text: "push rbx", bytes: [0x53], accesses: [(.write, 8, 0x7fff8)]),
    Case(text: "push [rdi]", bytes: [0xff, 0x37], accesses: [(.read, 8, 0x60000), (.write, 8, 0x7fff8)]),
    Case(text: "call rel32", bytes: [0xe8, 0, 1, 0, 0], accesses: [(.write, 8, 0x7fff8)]),
    Case(text: "call [rax + 0x18]", bytes: [0xff, 0x50, 0x18], accesses: [(.read, 8, 0x10018), (.write, 8, 0x7fff8)]),
    Case(text: "ret", bytes: [0xc3], accesses: [(.read, 8, 0x80000)]),
    Case(text: "pop rbp", bytes: [0x5d], accesses: [(.read, 8, 0x80000)]),
    Case(text: "leave", bytes: [0xc9], accesses: [(.read, 8, 0x70000)]),
    Case(text: "movsb", bytes: [0xa4], accesses: [(.read, 1, 0x50000), (.write, 1, 0x60000)]),
    Case(text: "rep movsq", bytes: [0xf3, 0x48, 0xa5], accesses: [(.read, 8, 0x50000), (.write, 8, 0x60000)]),
    Case(text: "rep stosq", bytes: [0xf3, 0x48, 0xab], accesses: [(.write, 8, 0x60000)]),
    Case(text: "lodsb", bytes: [0xac], accesses: [(.read, 1, 0x50000)]),
    Case(text: "scasb", bytes: [0xae], accesses: [(.read, 1, 0x60000)]),
    Case(text: "cmpsb", bytes: [0xa6], accesses: [(.read, 1, 0x50000), (.read, 1, 0x60000)]),
    Case(text: "mov rax, [rip + 0x100]", bytes: [0x48, 0x8b, 0x05, 0, 1, 0, 0], accesses: [(.read, 8, 0x401107)]),
    Case(
      text: "mov rax, fs:[0x28]", bytes: [0x64, 0x48, 0x8b, 4, 0x25, 0x28, 0, 0, 0], accesses: [(.read, 8, 0x7028)]),
    Case(text: "mov eax, gs:[0]", bytes: [0x65, 0x8b, 4, 0x25, 0, 0, 0, 0], accesses: [(.read, 4, nil)]),
    Case(text: "movaps xmm0, [rsi]", bytes: [0x0f, 0x28, 0x06], accesses: [(.read, 16, 0x50000)]),
    Case(text: "movups [rdi], xmm0", bytes: [0x0f, 0x11, 0x07], accesses: [(.write, 16, 0x60000)]),
    Case(text: "vmovdqu ymm0, [rsi]", bytes: [0xc5, 0xfe, 0x6f, 0x06], accesses: [(.read, 32, 0x50000)]),
    Case(text: "vpgatherdd", bytes: [0xc4, 0xe2, 0x6d, 0x90, 0x04, 0x8f], accesses: [(.read, nil, nil)]),
    Case(text: "or qword ptr [rsp], 0", bytes: [0x48, 0x83, 0x0c, 0x24, 0], accesses: [(.readWrite, 8, 0x80000)]),
    Case(text: "mov eax, [edi]", bytes: [0x67, 0x8b, 0x07], accesses: [(.read, 4, 0x60000)]),
    Case(text: "xchg [rdi], eax", bytes: [0x87, 0x07], accesses: [(.readWrite, 4, 0x60000)]),
    Case(text: "lock cmpxchg [rdi], ecx", bytes: [0xf0, 0x0f, 0xb1, 0x0f], accesses: [(.readWrite, 4, 0x60000)]),
    Case(text: "div dword ptr [rdi]", bytes: [0xf7, 0x37], accesses: [(.read, 4, 0x60000)]),
    Case(text: "sete [rdi]", bytes: [0x0f, 0x94, 0x07], accesses: [(.write, 1, 0x60000)]),
    Case(text: "movzx eax, byte ptr [rdi]", bytes: [0x0f, 0xb6, 0x07], accesses: [(.read, 1, 0x60000)]),
    Case(text: "prefetcht0 [rdi]", bytes: [0x0f, 0x18, 0x0f], accesses: []),
    Case(text: "fld qword ptr [rdi]", bytes: [0xdd, 0x07], accesses: [(.read, 8, 0x60000)]),
    Case(text: "fstp qword ptr [rdi]", bytes: [0xdd, 0x1f], accesses: [(.write, 8, 0x60000)]),
    Case(text: "paddd xmm0, [rdi]", bytes: [0x66, 0x0f, 0xfe, 0x07], accesses: [(.read, 16, 0x60000)]),
    Case(text: "imul eax, [rdi]", bytes: [0x0f, 0xaf, 0x07], accesses: [(.read, 4, 0x60000)]),
    // vpcmpneqb k0, ymm16, [rdi]; vmovdqu8 ymm17, [rsi + 2*32]; vmovdqu64 [rdi + 64], zmm16; vptestnmb k0, ymm16, ymm16
    Case(text: "evex compare", bytes: [0x62, 0xf3, 0x7d, 0x20, 0x3f, 0x07, 4], accesses: [(.read, 32, 0x60000)]),
    Case(text: "evex load", bytes: [0x62, 0xe1, 0x7f, 0x28, 0x6f, 0x4e, 2], accesses: [(.read, 32, 0x50040)]),
    Case(text: "evex store", bytes: [0x62, 0xe1, 0xfe, 0x48, 0x7f, 0x47, 1], accesses: [(.write, 64, 0x60040)]),
    Case(text: "evex of registers", bytes: [0x62, 0xb2, 0x7e, 0x20, 0x26, 0xc0], accesses: []),
    Case(text: "test byte ptr [rdi], 1", bytes: [0xf6, 0x07, 1], accesses: [(.read, 1, 0x60000)]),
  ]

  @Test("accesses of an instruction: direction, size, address", arguments: cases)
  func accesses(_ example: Case) throws {
    let instruction = try #require(decode(example.bytes), "\(example.text)")
    #expect(instruction.bytes == example.bytes)
    try #require(instruction.accesses.count == example.accesses.count, "\(example.text): \(instruction.accesses)")
    for (found, wanted) in zip(instruction.accesses, example.accesses) {
      let address = found.address(
        registers: numberedRegisters(), instruction: instruction, architecture: .x86_64, threadPointer: 0x7000)
      #expect(found.direction == wanted.0, "\(example.text)")
      if let size = wanted.1 { #expect(found.size == size, "\(example.text)") }
      #expect(address == wanted.2, "\(example.text)")
    }
  }

  @Test("the sum of an address wraps as the processor's does")
  func wrapping() throws {
    let instruction = try #require(decode([0x8b, 0x44, 0xc7, 0x10]))  // mov eax, [rdi + rax*8 + 0x10]
    var registers = RegisterSet()
    registers[5] = 0xffff_ffff_ffff_fff8
    registers[0] = 0x2000_0000_0000_0001
    let address = instruction.accesses.first?.address(
      registers: registers, instruction: instruction, architecture: .x86_64, threadPointer: nil)
    #expect(address == 0x10)
  }

  @Test("an address with an unknown register is not known")
  func unknownRegister() throws {
    let instruction = try #require(decode([0x8b, 0x07]))
    let address = instruction.accesses.first?.address(
      registers: RegisterSet(), instruction: instruction, architecture: .x86_64, threadPointer: nil)
    #expect(address == nil)
  }

  @Test(
    "kinds of instructions",
    arguments: [
      ([0xe8, 0, 0, 0, 0], .call), ([0xff, 0xd0], .call), ([0xc3], .return), ([0xeb, 0], .jump), ([0x74, 0], .jump),
      ([0x0f, 0x84, 0, 0, 0, 0], .jump), ([0x53], .push), ([0xf7, 0xf9], .divide), ([0x0f, 0x0b], .trap),
      ([0x67, 0x0f, 0xb9, 0x40, 0x12], .trap), ([0xcc], .trap), ([0x0f, 0x05], .systemCall), ([0xf4], .privileged),
      ([0x48, 0x81, 0xec, 0, 0x10, 0, 0], .stackAllocation(0x1000)), ([0x48, 0x83, 0xc4, 0x80], .stackAllocation(128)),
      ([0x48, 0x83, 0xc4, 0x10], .other), ([0x89, 0xc8], .other),
    ] as [([UInt8], Instruction.Kind)])
  func kinds(_ bytes: [UInt8], _ kind: Instruction.Kind) throws {
    let instruction = try #require(decode(bytes))
    #expect(instruction.kind == kind)
    #expect(instruction.bytes == bytes)
  }

  @Test("bytes that end within an instruction are none")
  func cut() {
    #expect(decode([0x48, 0x8b]) == nil)
    #expect(decode([]) == nil)
    #expect(decode([0x67, 0x0f, 0xb9, 0x40]) == nil)
  }

  @Test("a register that an instruction loads is one that it writes")
  func writtenRegisters() throws {
    let load = try #require(decode([0x48, 0x8b, 0x47, 0x10]))  // mov rax, [rdi + 0x10]
    #expect(load.writes(0))
    #expect(!load.writes(5))
    let store = try #require(decode([0x48, 0x89, 0x07]))  // mov [rdi], rax
    #expect(!store.writes(0))
  }
}
