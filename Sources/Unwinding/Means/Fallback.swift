internal import Bytes
internal import Machine

/// What is tried where call frame information gives no caller, in order. Each means checks what it finds.
extension UnwindEngine {
  var callSite: CallSite { CallSite(architecture: architecture, code: code, memory: memory) }

  /// The caller of the frame at the cursor.
  ///
  /// - Parameters:
  ///   - pc: the frame's.
  ///   - isCode: whether `pc` lies in code.
  mutating func fallback(_ cursor: StackCursor, pc: UInt64, isCode: Bool) -> Finding {
    if !isCode {
      if let caller = callerOfBadCall(cursor) { return .caller(caller) }
    } else if cursor.isExact, let caller = callerInPrologue(cursor, pc) {
      return .caller(caller)
    }
    if let caller = callerByFramePointer(cursor) { return .caller(caller) }
    if isCode, endsFramePointerChain(cursor, pc) { return .ending(.outermost, cfa: 0) }
    if let caller = callerByScan(cursor) { return .caller(caller) }
    let isChainEnd = isCode && !cursor.isExact && cursor.registers.framePointer(architecture) == 0
    return isChainEnd ? .ending(.outermost, cfa: 0) : .none
  }

  /// The caller of a function that is none: a call through a null or wild pointer has run nothing yet, so that the
  /// return address is where the call put it, and all registers are the caller's.
  private func callerOfBadCall(_ cursor: StackCursor) -> Caller? {
    let stackPointer = cursor.progress.stackPointer
    var registers = cursor.registers
    if let link = architecture.linkRegister {
      guard let value = registers[link] else { return nil }
      let target = stripped(value)
      guard callSite.isPlausible(target) else { return nil }
      registers[link] = nil
      registers[architecture.instructionPointerRegister] = target
      return Caller(registers: registers, cfa: stackPointer, provenance: .linkRegister)
    }
    guard let target = memory.word(at: stackPointer), callSite.isPlausible(target) else { return nil }
    registers[architecture.stackPointerRegister] = stackPointer &+ 8
    registers[architecture.instructionPointerRegister] = target
    return Caller(registers: registers, cfa: stackPointer &+ 8, provenance: .prologue)
  }

  private func callerInPrologue(_ cursor: StackCursor, _ pc: UInt64) -> Caller? {
    switch architecture {
    case .x86_64: X86Prologue(engine: self).caller(cursor, pc)
    case .aarch64: AArch64Prologue(engine: self).caller(cursor, pc)
    }
  }

  /// The frame pointer chain: the caller's frame pointer and, above it, the return address.
  ///
  /// A stack that is exhausted, or the frame that did it in, may have moved the stack pointer out of the stack; the
  /// frame pointer then leads back if the return address is proved to be one.
  private func callerByFramePointer(_ cursor: StackCursor) -> Caller? {
    guard let base = cursor.registers.framePointer(architecture), base % 8 == 0,
      base >= cursor.progress.stackPointer, let saved = memory.word(at: base), let word = memory.word(at: base &+ 8)
    else { return nil }
    let target = stripped(word, isSigned: true)
    let isWithin = base < cursor.progress.limit
    let isBack = cursor.number == 0 && callSite.isProved(target)
    // A return address of zero ends the chain, if the chain says so too.
    guard isWithin || isBack, callSite.isPlausible(target) || target == 0 && saved == 0, saved == 0 || saved > base
    else { return nil }
    var registers = RegisterSet()
    registers[architecture.framePointerRegister] = saved
    registers[architecture.stackPointerRegister] = base &+ 16
    registers[architecture.instructionPointerRegister] = target
    return Caller(
      registers: registers, cfa: base &+ 16, provenance: .framePointer, maySwitchStacks: !isWithin,
      // On aarch64 a frame record may lie anywhere in its frame.
      stackPointerIsBound: architecture == .aarch64)
  }

  /// Whether the frame pointer is zero, and the code before `pc` is what made it so: an entry point. After a
  /// scan, which may lose the frame pointer, only what no compiler writes counts.
  private func endsFramePointerChain(_ cursor: StackCursor, _ pc: UInt64) -> Bool {
    let isZero = cursor.registers.framePointer(architecture) == 0
    guard !cursor.isExact, isZero || cursor.provenance == .scan, pc >= 64 else { return false }
    let code = memory.readPrefix(pc - 64, 64)
    switch architecture {
    case .x86_64:
      // xor %ebp, %ebp; by hand, in 64 bits: xor %rbp, %rbp.
      return (1..<max(1, code.count - 1)).contains { offset in
        code.load(UInt16.self, at: offset) == 0xed31
          && (isZero || code.load(UInt8.self, at: offset - 1) == 0x48)
      }
    case .aarch64:
      return stride(from: 0, to: code.count, by: 4).contains { offset in
        code.load(UInt32.self, at: offset).map { AArch64Instruction($0).clearsFramePointer } ?? false
      }
    }
  }
}
