/// An instruction that functions usually begin with, done by us: cheaper than running a copy of it, which takes another
/// stop of the thread.
enum EmulatedInstruction: Equatable {
  /// `endbr64`, `nop`, `bti`: nothing but going on.
  case nothing(length: Int)
  #if arch(x86_64)
    /// `push r`: the place of the register in ``RegisterWords``.
    case push(Int, length: Int)
    /// `sub rsp, n` and its like, with the flags that it sets.
    case subtractFromStack(UInt64, length: Int)
    /// `mov r, r` of 64 bits, or of 32, which clears the upper half.
    case move(to: Int, from: Int, isWide: Bool, length: Int)
    /// `mov r32, n`, `mov r64, n`: sign-extended by who made this.
    case load(to: Int, UInt64, length: Int)
    /// `xor r, r` of one register.
    case clear(Int, length: Int)
    /// `test r, r` of one register.
    case test(Int, isWide: Bool, length: Int)
    /// `lea r, [rip+n]`.
    case address(to: Int, displacement: Int64, length: Int)
    /// `jmp`, by a displacement from the next instruction.
    case jump(Int64, length: Int)
    /// `jcc`, by its condition and a displacement from the next instruction.
    case branch(condition: UInt8, Int64, length: Int)
    /// `call`, by a displacement from the next instruction.
    case call(Int64, length: Int)
    /// `call [rip+n]` and `jmp [rip+n]`: as -fno-plt and procedure linkage tables have them.
    case callIndirectly(displacement: Int64, length: Int)
    case jumpIndirectly(displacement: Int64, length: Int)
    /// `pop r`.
    case pop(Int, length: Int)
    /// `add rsp, n`.
    case addToStack(UInt64, length: Int)
    /// `ret`.
    case returns

    init?(_ bytes: [UInt8]) {
      if bytes.starts(with: [0xf3, 0x0f, 0x1e, 0xfa]) {
        self = .nothing(length: 4)
        return
      }
      guard let first = bytes.first else { return nil }
      let rex: UInt8 = first & 0xf0 == 0x40 ? first : 0
      let at = rex == 0 ? 0 : 1
      guard bytes.count > at else { return nil }
      let isWide = rex & 8 != 0
      let base = Int(rex & 1) << 3
      let extra = Int(rex & 4) << 1
      func register(_ number: Int) -> Int { RegisterWords.encodingOrder[number & 15] }
      func signed32(_ at: Int) -> Int64? {
        guard bytes.count >= at + 4 else { return nil }
        let word = bytes[at..<(at + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Int64(Int32(bitPattern: word))
      }
      let opcode = bytes[at]
      let modRM = bytes.count > at + 1 ? bytes[at + 1] : 0
      let isRegisterForm = modRM & 0xc0 == 0xc0
      let (named, operand) = (Int(modRM >> 3 & 7) | extra, Int(modRM & 7) | base)
      switch opcode {
      case 0x58...0x5f: self = .pop(register(Int(opcode & 7) | base), length: at + 1)
      case 0x83 where isWide && modRM == 0xc4 && base == 0 && bytes.count > at + 2:
        self = .addToStack(UInt64(bitPattern: Int64(Int8(bitPattern: bytes[at + 2]))), length: at + 3)
      case 0x81 where isWide && modRM == 0xc4 && base == 0:
        guard let value = signed32(at + 2) else { return nil }
        self = .addToStack(UInt64(bitPattern: value), length: at + 6)
      case 0x70...0x7f where rex == 0 && bytes.count > 1:
        self = .branch(condition: opcode & 15, Int64(Int8(bitPattern: bytes[1])), length: 2)
      case 0x0f where rex == 0 && modRM & 0xf0 == 0x80 && bytes.count > 1:
        guard let value = signed32(2) else { return nil }
        self = .branch(condition: modRM & 15, value, length: 6)
      case 0xe8 where rex == 0:
        guard let value = signed32(1) else { return nil }
        self = .call(value, length: 5)
      case 0xff where modRM == 0x15 || modRM == 0x25:
        guard let value = signed32(at + 2) else { return nil }
        self =
          modRM == 0x15
          ? .callIndirectly(displacement: value, length: at + 6) : .jumpIndirectly(displacement: value, length: at + 6)
      case 0x50...0x57: self = .push(register(Int(opcode & 7) | base), length: at + 1)
      case 0x90 where rex == 0: self = .nothing(length: 1)
      case 0xc3 where rex == 0: self = .returns
      case 0x83 where isWide && modRM == 0xec && base == 0 && bytes.count > at + 2:
        self = .subtractFromStack(UInt64(bitPattern: Int64(Int8(bitPattern: bytes[at + 2]))), length: at + 3)
      case 0x81 where isWide && modRM == 0xec && base == 0:
        guard let value = signed32(at + 2) else { return nil }
        self = .subtractFromStack(UInt64(bitPattern: value), length: at + 6)
      case 0x89 where isRegisterForm && bytes.count > at + 1:
        self = .move(to: register(operand), from: register(named), isWide: isWide, length: at + 2)
      case 0x8b where isRegisterForm && bytes.count > at + 1:
        self = .move(to: register(named), from: register(operand), isWide: isWide, length: at + 2)
      case 0x31 where isRegisterForm && named == operand && bytes.count > at + 1:
        self = .clear(register(named), length: at + 2)
      case 0x85 where isRegisterForm && named == operand && bytes.count > at + 1:
        self = .test(register(named), isWide: isWide, length: at + 2)
      case 0xb8...0xbf where !isWide:
        guard let value = signed32(at + 1) else { return nil }
        self = .load(
          to: register(Int(opcode & 7) | base), UInt64(UInt32(truncatingIfNeeded: value)), length: at + 5)
      case 0xc7 where isWide && modRM & 0xf8 == 0xc0:
        guard let value = signed32(at + 2) else { return nil }
        self = .load(to: register(operand), UInt64(bitPattern: value), length: at + 6)
      case 0x8d where isWide && modRM & 0xc7 == 0x05:
        guard let value = signed32(at + 2) else { return nil }
        self = .address(to: register(named), displacement: value, length: at + 6)
      case 0xe9 where rex == 0:
        guard let value = signed32(at + 1) else { return nil }
        self = .jump(value, length: 5)
      case 0xeb where rex == 0 && bytes.count > 1: self = .jump(Int64(Int8(bitPattern: bytes[1])), length: 2)
      default: return nil
      }
    }

    /// Does what the instruction does. The instruction pointer stands on it.
    ///
    /// - Returns: false where its memory cannot be written or read: then it must be run by the processor, which faults.
    func run(_ registers: inout RegisterWords, of process: Int32) -> Bool {
      let pc = registers.instructionPointer
      switch self {
      case .nothing(let length): registers.instructionPointer = pc &+ UInt64(length)
      case .push(let place, let length):
        let top = registers.stackPointer &- 8
        guard ProcessWords.write(registers[place], at: top, of: process) else { return false }
        registers.stackPointer = top
        registers.instructionPointer = pc &+ UInt64(length)
      case .subtractFromStack(let count, let length):
        let before = registers.stackPointer
        registers.stackPointer = before &- count
        registers.flags = Flags.subtract(before, count, in: registers.flags)
        registers.instructionPointer = pc &+ UInt64(length)
      case .move(let to, let from, let isWide, let length):
        registers[to] = isWide ? registers[from] : registers[from] & 0xffff_ffff
        registers.instructionPointer = pc &+ UInt64(length)
      case .load(let to, let value, let length):
        registers[to] = value
        registers.instructionPointer = pc &+ UInt64(length)
      case .clear(let place, let length):
        registers[place] = 0
        registers.flags = Flags.logic(0, isWide: true, in: registers.flags)
        registers.instructionPointer = pc &+ UInt64(length)
      case .test(let place, let isWide, let length):
        registers.flags = Flags.logic(registers[place], isWide: isWide, in: registers.flags)
        registers.instructionPointer = pc &+ UInt64(length)
      case .address(let to, let displacement, let length):
        let next = pc &+ UInt64(length)
        registers[to] = next &+ UInt64(bitPattern: displacement)
        registers.instructionPointer = next
      case .jump(let displacement, let length):
        registers.instructionPointer = pc &+ UInt64(length) &+ UInt64(bitPattern: displacement)
      case .branch(let condition, let displacement, let length):
        let next = pc &+ UInt64(length)
        let isTaken = Flags.holds(condition, in: registers.flags)
        registers.instructionPointer = isTaken ? next &+ UInt64(bitPattern: displacement) : next
      case .call(let displacement, let length):
        let next = pc &+ UInt64(length)
        return enter(next &+ UInt64(bitPattern: displacement), returningTo: next, &registers, process)
      case .callIndirectly(let displacement, let length):
        let next = pc &+ UInt64(length)
        guard let target = ProcessWords.word(at: next &+ UInt64(bitPattern: displacement), of: process) else {
          return false
        }
        return enter(target, returningTo: next, &registers, process)
      case .jumpIndirectly(let displacement, let length):
        let place = pc &+ UInt64(length) &+ UInt64(bitPattern: displacement)
        guard let target = ProcessWords.word(at: place, of: process) else { return false }
        registers.instructionPointer = target
      case .pop(let place, let length):
        guard let value = ProcessWords.word(at: registers.stackPointer, of: process) else { return false }
        registers.stackPointer = registers.stackPointer &+ 8
        // pop rsp takes the value, not the sum.
        registers[place] = value
        registers.instructionPointer = pc &+ UInt64(length)
      case .addToStack(let count, let length):
        let before = registers.stackPointer
        registers.stackPointer = before &+ count
        registers.flags = Flags.add(before, count, in: registers.flags)
        registers.instructionPointer = pc &+ UInt64(length)
      case .returns:
        guard let target = ProcessWords.word(at: registers.stackPointer, of: process) else { return false }
        registers.stackPointer = registers.stackPointer &+ 8
        registers.instructionPointer = target
      }
      return true
    }

    private func enter(
      _ target: UInt64, returningTo next: UInt64, _ registers: inout RegisterWords, _ process: Int32
    ) -> Bool {
      let top = registers.stackPointer &- 8
      guard ProcessWords.write(next, at: top, of: process) else { return false }
      registers.stackPointer = top
      registers.instructionPointer = target
      return true
    }
  #else
    /// `ret`.
    case returns

    init?(_ word: UInt32) {
      switch word {
      case 0xd503_201f: self = .nothing(length: 4)  // nop
      case let word where word & 0xffff_ff3f == 0xd503_241f: self = .nothing(length: 4)  // bti
      case 0xd65f_03c0: self = .returns
      default: return nil
      }
    }

    func run(_ registers: inout RegisterWords, of process: Int32) -> Bool {
      switch self {
      case .nothing(let length): registers.instructionPointer = registers.instructionPointer &+ UInt64(length)
      case .returns: registers.instructionPointer = registers[30]
      }
      return true
    }
  #endif
}

#if arch(x86_64)
  /// The status flags of rflags (Intel SDM volume 1, section 3.4.3.1).
  enum Flags {
    static let carry: UInt64 = 1
    static let parity: UInt64 = 1 << 2
    static let adjust: UInt64 = 1 << 4
    static let zero: UInt64 = 1 << 6
    static let sign: UInt64 = 1 << 7
    static let overflow: UInt64 = 1 << 11
    private static let status = carry | parity | adjust | zero | sign | overflow

    /// What `test`, `and`, `xor` make of a result: carry and overflow clear; adjust is undefined, and clear on processors.
    static func logic(_ value: UInt64, isWide: Bool, in flags: UInt64) -> UInt64 {
      let value = isWide ? value : value & 0xffff_ffff
      let top: UInt64 = isWide ? 1 << 63 : 1 << 31
      return flags & ~status | (value == 0 ? zero : 0) | (value & top != 0 ? sign : 0) | parity(value)
    }

    /// What a subtraction of 64 bits makes.
    static func subtract(_ a: UInt64, _ b: UInt64, in flags: UInt64) -> UInt64 {
      let result = a &- b
      let overflows = (a ^ b) & (a ^ result) & 1 << 63 != 0
      return flags & ~status | (b > a ? carry : 0) | parity(result) | ((a ^ b ^ result) & 0x10 != 0 ? adjust : 0)
        | (result == 0 ? zero : 0) | (result & 1 << 63 != 0 ? sign : 0) | (overflows ? overflow : 0)
    }

    /// What an addition of 64 bits makes.
    static func add(_ a: UInt64, _ b: UInt64, in flags: UInt64) -> UInt64 {
      let result = a &+ b
      let overflows = (a ^ result) & (b ^ result) & 1 << 63 != 0
      return flags & ~status | (result < a ? carry : 0) | parity(result) | ((a ^ b ^ result) & 0x10 != 0 ? adjust : 0)
        | (result == 0 ? zero : 0) | (result & 1 << 63 != 0 ? sign : 0) | (overflows ? overflow : 0)
    }

    /// Whether a condition holds, by its number in `jcc` (Intel SDM volume 1, appendix B): o, b, e, be, s, p, l, le, and
    /// the opposite of each.
    static func holds(_ condition: UInt8, in flags: UInt64) -> Bool {
      let isLess = (flags & sign != 0) != (flags & overflow != 0)
      let holds: Bool =
        switch condition >> 1 & 7 {
        case 0: flags & overflow != 0
        case 1: flags & carry != 0
        case 2: flags & zero != 0
        case 3: flags & (carry | zero) != 0
        case 4: flags & sign != 0
        case 5: flags & parity != 0
        case 6: isLess
        default: isLess || flags & zero != 0
        }
      return holds != (condition & 1 != 0)
    }

    private static func parity(_ value: UInt64) -> UInt64 {
      (value & 0xff).nonzeroBitCount & 1 == 0 ? parity : 0
    }
  }
#endif
