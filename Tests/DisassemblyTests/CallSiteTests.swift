import Bytes
import Disassembly
import Machine
import Testing

@Suite struct CallSiteTests {
  @Test(
    "the call before a return address is found, whatever its length",
    arguments: [
      ([0x90, 0x90, 0x90, 0xe8, 1, 2, 3, 4], 5), ([0x90, 0x48, 0x90, 0x48, 0xe8, 1, 2, 3, 4], 5),
      ([0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd0], 2), ([0x90, 0x90, 0x90, 0x90, 0x90, 0x41, 0xff, 0xd4], 3),
      ([0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0x50, 0x18], 3), ([0x90, 0x90, 0xff, 0x15, 1, 2, 3, 4], 6),
      ([0x90, 0x41, 0xff, 0x94, 0x24, 0x50, 1, 0, 0], 8),
    ] as [([UInt8], Int)])
  func found(_ bytes: [UInt8], _ length: Int) throws {
    let call = try #require(Disassembler(.x86_64).call(before: 0x1000, ByteView(bytes)))
    #expect(call.bytes.count == length)
    #expect(call.end == 0x1000)
  }

  @Test(
    "what is no call is not called one", arguments: [[0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90], [0xc3], []])
  func none(_ bytes: [UInt8]) {
    #expect(Disassembler(.x86_64).call(before: 0x1000, ByteView(bytes)) == nil)
  }

  @Test("on aarch64 it is the instruction before")
  func aarch64() {
    let disassembler = Disassembler(.aarch64)
    #expect(disassembler.call(before: 0x1000, ByteView([0, 0, 0, 0x94]))?.target == 0xffc)
    #expect(disassembler.call(before: 0x1000, ByteView([0x1f, 0x20, 0x03, 0xd5])) == nil)
  }

  @Test("a run of instructions ends at what is none")
  func run() {
    let instructions = Disassembler(.x86_64).instructions(from: 0, ByteView([0x90, 0x53, 0xc3, 0x06, 0x90]), count: 9)
    #expect(instructions.map(\.mnemonic) == ["nop", "push", "ret"])
  }
}
