import Bytes
import Disassembly
import Machine
import Testing

@Suite struct HostileBytesTests {
  @Test(
    "any bytes decode to something or nothing, and their addresses are computed without a trap",
    arguments: Architecture.allCases)
  func anything(_ architecture: Architecture) {
    let disassembler = Disassembler(architecture)
    var state: UInt64 = 7
    var decoded = 0
    var registers = RegisterSet()
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<16 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 40))
      }
      // Prefixes that open the rarer encodings.
      if state & 0x300 == 0 { bytes[0] = [0x62, 0xc4, 0xc5, 0x0f, 0x67, 0x66, 0xf3, 0x48][Int(state >> 60) & 7] }
      for register in 0..<RegisterSet.capacity { registers[register] = state &* UInt64(register + 1) }
      let view = ByteView(bytes)
      guard let instruction = disassembler.instruction(at: state, view) else { continue }
      decoded += 1
      for access in instruction.accesses {
        let address = access.address(
          registers: registers, instruction: instruction, architecture: architecture, threadPointer: .max)
        #expect(address != nil || access.isUnknown)
        #expect(access.size.map { $0 > 0 } ?? true)
      }
      #expect(!instruction.bytes.isEmpty && instruction.bytes.count <= 16)
      _ = disassembler.call(before: state, view)
    }
    #expect(decoded > 1000)
  }
}
