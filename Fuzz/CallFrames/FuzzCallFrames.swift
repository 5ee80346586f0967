import Bytes
import DWARF
import FuzzSupport
import Machine
import Unwinding

/// The input is three parts: `.eh_frame_hdr`, `.eh_frame` (which serves as `.debug_frame` too), and the target's
/// memory, stack and all.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let parts = unsafe view(start, count).parts(3)
  readRows(CallFrameSection(.ehFrame, bytes: parts[1], address: 0x2000))
  readRows(CallFrameSection(.debugFrame, bytes: parts[1]))
  for architecture in [Architecture.x86_64, .aarch64] { walk(architecture, parts) }
  return 0
}

/// The rules of every function of a section, at its beginning, middle and end.
func readRows(_ section: CallFrameSection) {
  _ = CallFrameIndex(section).count
  for offset in 0..<min(section.bytes.count, 512) {
    do throws(CallFrameError) {
      let function = try section.frameDescription(at: offset)
      for address in [function.start, function.start &+ (function.end &- function.start) / 2, function.end &- 1] {
        _ = try section.row(of: function, at: address)
      }
    } catch {
      continue
    }
  }
}

/// A walk by these tables over a stack that is all of the target's memory.
func walk(_ architecture: Architecture, _ parts: [ByteView]) {
  let memory = InputMemory(parts[2])
  let module = UnwindModule(
    start: 0x1000, end: 0x9000, bias: 0, ehFrameHeader: parts[0].isEmpty ? nil : (0x1000, parts[0]),
    ehFrame: (0x2000, parts[1]), debugFrame: nil, code: [0x1000..<0x9000])
  let unwinder = Unwinder(architecture: architecture, modules: [module], memory: memory, codePointerMask: 0)
  var registers = RegisterSet()
  for number in 0..<RegisterSet.capacity {
    // Registers that point into the stack, one word apart, and a program counter within the code.
    registers[number] = InputMemory.start &+ UInt64(number) * 8
  }
  for number in [16, 32] { registers[number] = memory.word(at: InputMemory.start) ?? 0x3000 }
  let walk = unwinder.walk(registers)
  precondition(walk.frameCount >= 0)
}
