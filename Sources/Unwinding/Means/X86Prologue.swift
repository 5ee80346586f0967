internal import Bytes
internal import Machine

/// Finds the caller of an interrupted x86-64 function that has no call frame information, by the instructions
/// around its instruction pointer.
struct X86Prologue {
  let engine: UnwindEngine

  /// How far before the instruction pointer a function's first instruction is looked for, and how many
  /// instructions a way to the end may have.
  private static let reach = 32
  private static let longestEpilogue = 12
  /// How far a function without a frame may reach.
  private static let longestLeaf: UInt64 = 4096

  func caller(_ cursor: StackCursor, _ pc: UInt64) -> Caller? {
    epilogue(cursor, pc) ?? prologue(cursor, pc) ?? leaf(cursor, pc) ?? frameless(cursor, pc)
  }

  /// The function is on its way out: what it still pops lies between here and its return address.
  private func epilogue(_ cursor: StackCursor, _ pc: UInt64) -> Caller? {
    let code = engine.memory.readPrefix(pc, 64)
    var registers = cursor.registers
    var stackPointer = cursor.progress.stackPointer
    var offset = 0
    for _ in 0..<Self.longestEpilogue {
      guard let (effect, length) = X86Instructions.decode(code, at: offset) else { return nil }
      offset += length
      switch effect {
      case .none: break
      case .pop(let register):
        guard let value = engine.memory.word(at: stackPointer) else { return nil }
        registers[register] = value
        stackPointer = stackPointer &+ 8
      case .adjust(let amount) where amount > 0: stackPointer = stackPointer &+ UInt64(amount)
      case .leave:
        guard let base = registers[6], base >= stackPointer, let saved = engine.memory.word(at: base) else {
          return nil
        }
        registers[6] = saved
        stackPointer = base &+ 8
      case .ret: return finish(registers, returnAddressAt: stackPointer)
      case .push, .adjust, .setFramePointer: return nil
      }
    }
    return nil
  }

  /// The function has run nothing but its first few instructions.
  private func prologue(_ cursor: StackCursor, _ pc: UInt64) -> Caller? {
    let reach = UInt64(Self.reach)
    guard pc > reach else { return nil }
    let code = engine.memory.readPrefix(pc - reach, Self.reach)
    guard code.count == Self.reach else { return nil }
    for start in stride(from: Self.reach, through: 0, by: -1) {
      guard let pushed = pushes(code, from: start) else { continue }
      let depth = pushed.reduce(0 as UInt64) { $0 &+ $1.size }
      let address = cursor.progress.stackPointer &+ depth
      guard let target = engine.memory.word(at: address), engine.callSite.isProved(target),
        calls(target, function: pc - reach + UInt64(start))
      else { continue }
      var registers = cursor.registers
      var place = address
      for push in pushed {
        place = place &- push.size
        if let register = push.register { registers[register] = engine.memory.word(at: place) }
      }
      return finish(registers, returnAddressAt: address)
    }
    return nil
  }

  /// Whether the call before the return address `target` may be one of the function that begins at `function`: a
  /// direct one, or, if functions can begin there at all, one through a pointer.
  private func calls(_ target: UInt64, function: UInt64) -> Bool {
    guard let callee = engine.callSite.directTarget(target) else { return function % 16 == 0 }
    return callee == function || function % 16 == 0 && isIndirectJump(callee)
  }

  /// Whether `address` is that of a stub of the procedure linkage table: `jmp *n(%rip)`, after `endbr64` if any.
  private func isIndirectJump(_ address: UInt64) -> Bool {
    let code = engine.memory.readPrefix(address, 8)
    let start = code.load(UInt32.self, at: 0) == 0xfa1e_0ff3 ? 4 : 0
    let prefix = code.load(UInt8.self, at: start) == 0xf2 ? 1 : 0
    return code.load(UInt16.self, at: start + prefix) == 0x25ff
  }

  /// What the instructions from `start` to the end of `code` push, if they are a prologue's and end there.
  private func pushes(_ code: ByteView, from start: Int) -> [(register: Int?, size: UInt64)]? {
    var offset = start
    var pushed: [(register: Int?, size: UInt64)] = []
    while offset < code.count {
      guard let (effect, length) = X86Instructions.decode(code, at: offset) else { return nil }
      switch effect {
      case .none, .setFramePointer: break
      case .push(let register): pushed.append((register, 8))
      case .adjust(let amount) where amount < 0: pushed.append((nil, amount.magnitude))
      case .pop, .adjust, .leave, .ret: return nil
      }
      offset += length
    }
    return offset == code.count ? pushed : nil
  }

  /// The function has no frame at all: its return address is on top of the stack, behind a call of it.
  private func leaf(_ cursor: StackCursor, _ pc: UInt64) -> Caller? {
    let stackPointer = cursor.progress.stackPointer
    guard let target = engine.memory.word(at: stackPointer), engine.callSite.isProved(target),
      let function = engine.callSite.directTarget(target), function <= pc, pc - function < Self.longestLeaf
    else { return nil }
    return finish(cursor.registers, returnAddressAt: stackPointer)
  }

  /// The function pushes something, but does not touch the frame pointer: that is its caller's, and would lead past
  /// the caller. Told by what the calls call: the one above the frame pointer something else, and one nearer to
  /// the stack pointer this function.
  private func frameless(_ cursor: StackCursor, _ pc: UInt64) -> Caller? {
    let stackPointer = cursor.progress.stackPointer
    guard let base = cursor.registers.framePointer(.x86_64), base % 8 == 0, base > stackPointer,
      base - stackPointer <= Self.longestLeaf, let outer = engine.memory.word(at: base &+ 8),
      engine.callSite.isProved(outer), let other = engine.callSite.directTarget(outer),
      other > pc || pc - other >= Self.longestLeaf
    else { return nil }
    // The base is a multiple of 8 too.
    for address in stride(from: base - (base - stackPointer) / 8 * 8, to: base, by: 8) {
      guard let target = engine.memory.word(at: address), engine.callSite.isProved(target),
        let function = engine.callSite.directTarget(target), function <= pc, pc - function < Self.longestLeaf
      else { continue }
      var caller = finish(cursor.registers, returnAddressAt: address)
      caller?.provenance = .scan
      caller?.registers.keep(only: 1 << 6 | 1 << 7 | 1 << 16)
      return caller
    }
    return nil
  }

  private func finish(_ registers: RegisterSet, returnAddressAt address: UInt64) -> Caller? {
    guard let target = engine.memory.word(at: address), engine.callSite.isProved(target) else { return nil }
    var registers = registers
    registers.keep(only: engine.architecture.calleeSavedRegisters)
    registers[engine.architecture.stackPointerRegister] = address &+ 8
    registers[engine.architecture.instructionPointerRegister] = target
    return Caller(registers: registers, cfa: address &+ 8, provenance: .prologue)
  }
}
