internal import Bytes
internal import Machine

/// Finds the caller of an interrupted aarch64 function that has no call frame information: by the link register
/// where the function has not saved it, or by the frame record that it is about to link.
struct AArch64Prologue {
  let engine: UnwindEngine

  /// How many instructions before the instruction pointer are looked at.
  private static let reach = 256

  func caller(_ cursor: StackCursor, _ pc: UInt64) -> Caller? {
    guard pc & 3 == 0, pc >= UInt64(Self.reach) * 4 else { return nil }
    var allocated: UInt64 = 0
    for distance in 1...Self.reach {
      guard let word = engine.memory.load(UInt32.self, at: pc - UInt64(distance) * 4) else { return nil }
      let instruction = AArch64Instruction(word)
      if instruction.framePush != nil || instruction.storesFrameRecord || instruction.pushesLinkRegister {
        return inFrame(cursor, pc, instruction)
      }
      // The function before this one ended here, or this one has given up its frame.
      if instruction.isReturn || instruction.restoresLinkRegister { break }
      // It has called something: the link register is its own return address.
      if instruction.isCall { return nil }
      allocated = allocated &+ (instruction.stackAllocation ?? 0)
    }
    return byLinkRegister(cursor, allocated)
  }

  private func byLinkRegister(_ cursor: StackCursor, _ allocated: UInt64) -> Caller? {
    guard let link = engine.architecture.linkRegister, let value = cursor.registers[link] else { return nil }
    let target = engine.stripped(value, isSigned: true)
    guard engine.callSite.isPlausible(target) else { return nil }
    let cfa = cursor.progress.stackPointer &+ allocated
    return Caller(
      registers: registers(cursor.registers, cfa, target), cfa: cfa, provenance: .linkRegister)
  }

  /// The function has saved its link register. Only between pushing a frame record and linking it must we know
  /// more than the frame pointer does.
  private func inFrame(_ cursor: StackCursor, _ pc: UInt64, _ saving: AArch64Instruction) -> Caller? {
    guard let size = saving.framePush, size > 0, let word = engine.memory.load(UInt32.self, at: pc),
      AArch64Instruction(word).setsFramePointer
    else { return nil }
    let stackPointer = cursor.progress.stackPointer
    guard let frame = engine.memory.word(at: stackPointer), let value = engine.memory.word(at: stackPointer &+ 8)
    else { return nil }
    let target = engine.stripped(value, isSigned: true)
    guard engine.callSite.isPlausible(target) else { return nil }
    let cfa = stackPointer &+ UInt64(size)
    var caller = registers(cursor.registers, cfa, target)
    caller[engine.architecture.framePointerRegister] = frame
    return Caller(registers: caller, cfa: cfa, provenance: .prologue)
  }

  private func registers(_ callee: RegisterSet, _ cfa: UInt64, _ target: UInt64) -> RegisterSet {
    var caller = callee
    caller.keep(only: engine.architecture.calleeSavedRegisters)
    caller[engine.architecture.stackPointerRegister] = cfa
    caller[engine.architecture.instructionPointerRegister] = target
    return caller
  }
}
