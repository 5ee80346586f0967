import Bytes
import Disassembly
import Machine

/// Decodes one instruction of `bytes` at 0x401000.
func decode(_ bytes: [UInt8], _ architecture: Architecture = .x86_64) -> Instruction? {
  Disassembler(architecture).instruction(at: 0x401000, ByteView(bytes))
}

/// Decodes one A64 instruction.
func decode(a64 word: UInt32) -> Instruction? {
  decode((0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }, .aarch64)
}

/// Registers whose values tell them apart: number n holds (n + 1) * 0x10000.
func numberedRegisters() -> RegisterSet {
  var registers = RegisterSet()
  for number in 0..<RegisterSet.capacity { registers[number] = UInt64(number + 1) * 0x10000 }
  return registers
}
