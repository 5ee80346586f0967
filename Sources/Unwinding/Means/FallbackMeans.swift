internal import Machine

/// What is tried where call frame information gives no caller.
struct FallbackMeans {
  let engine: UnwindEngine

  /// The caller of the frame at the cursor.
  ///
  /// - Parameter isCode: whether its instruction pointer lies in code.
  func caller(of cursor: StackCursor, pc: UInt64, isCode: Bool) -> UnwindEngine.Finding {
    framePointer(cursor)
  }

  /// The frame pointer chain: the saved frame pointer and, above it, the return address.
  private func framePointer(_ cursor: StackCursor) -> UnwindEngine.Finding {
    let architecture = engine.architecture
    guard let base = cursor.registers.framePointer(architecture), base % 8 == 0,
      base >= cursor.progress.stackPointer, base < cursor.progress.limit,
      let saved = engine.memory.word(at: base), let returnAddress = engine.memory.word(at: base &+ 8)
    else { return .none }
    let target = engine.stripped(returnAddress, isSigned: true)
    guard CallSite(engine: engine).isPlausible(target), saved == 0 || saved > base else { return .none }
    var registers = RegisterSet()
    registers[architecture.framePointerRegister] = saved
    registers[architecture.stackPointerRegister] = base &+ 16
    registers[architecture.instructionPointerRegister] = target
    return .caller(Caller(registers: registers, cfa: base &+ 16, provenance: .framePointer))
  }
}
