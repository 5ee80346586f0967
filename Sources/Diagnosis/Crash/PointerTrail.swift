internal import Disassembly
internal import Machine
internal import Targets
internal import Unwinding

/// The loads through which a register got its value, the last one first: from memory to memory, back through copies,
/// registers that were overwritten since, and the arguments of callers.
///
/// Each load is checked: what lies at its address now is what was loaded. Where several ways through the code lead to
/// different values, the trail ends.
struct PointerTrail {
  /// A word that was read from memory.
  struct Load {
    /// Where it was read, in the target.
    let address: UInt64
    let value: UInt64
    let instruction: Instruction
  }

  private(set) var loads: [Load] = []
  private let crash: Crash
  private let investigation: Investigation

  private static let reach: UInt64 = 32 << 10
  private static let beyond = 4096
  private static let mostLoads = 4
  private static let mostSteps = 12
  private static let mostFrames = 3

  /// - Parameters:
  ///   - register: a DWARF number.
  ///   - value: what it holds.
  ///   - pc: where it holds that, an address in the function of the innermost frame.
  init(
    ofRegister register: Int, value: UInt64, at pc: UInt64, registers: RegisterSet, _ crash: Crash,
    _ investigation: Investigation
  ) {
    self.crash = crash
    self.investigation = investigation
    follow(register, value, at: pc, registers, frame: 0)
  }

  private mutating func follow(
    _ register: Int, _ value: UInt64, at pc: UInt64, _ registers: RegisterSet, frame number: Int
  ) {
    guard let code = FunctionCode(at: pc, inFrame: number, registers, investigation, crash) else { return }
    var (register, value, position) = (register, value, code.paths.end)
    var between: Set<Int> = []
    for _ in 0..<Self.mostSteps {
      guard loads.count < Self.mostLoads, let source = code.paths.source(of: register, before: position) else { return }
      between.formUnion(source.between)
      guard let found = source.position else {
        followCaller(register, value, frame: number + 1)
        return
      }
      let instruction = code.instructions[found]
      if let other = code.copied(by: instruction) {
        (register, position) = (other, found)
        continue
      }
      guard let address = code.address(ofLoad: found, between: between, depth: 0),
        investigation.memory.word(at: address) == value
      else { return }
      // A local variable, or a register that was kept on the stack for a while: what was stored there came from elsewhere.
      if let (stored, store) = code.store(to: instruction) {
        (register, position) = (stored, store)
        between.formUnion(min(store, found)...found)
        continue
      }
      loads.append(Load(address: address, value: value, instruction: instruction))
      guard let base = instruction.accesses.first?.base,
        let next = code.value(of: base, before: found, between: between, depth: 0)
      else { return }
      (register, value, position) = (base, next, found)
    }
  }

  /// Goes on in the caller, where the register is an argument that it handed over.
  private mutating func followCaller(_ register: Int, _ value: UInt64, frame number: Int) {
    guard Self.isArgument(register, investigation.architecture),
      let (pc, registers) = Self.call(fromFrame: number, crash, investigation)
    else { return }
    follow(register, value, at: pc, registers, frame: number)
  }

  /// Whether arguments are passed in the register (System V ABI AMD64 section 3.2.3; AAPCS64 section 6.8.2).
  private static func isArgument(_ register: Int, _ architecture: Architecture) -> Bool {
    architecture == .x86_64 ? [5, 4, 1, 2, 8, 9].contains(register) : register < 8
  }

  /// The address of the call that frame `number` stands at, and the registers as far as they are known there.
  private static func call(
    fromFrame number: Int, _ crash: Crash, _ investigation: Investigation
  ) -> (pc: UInt64, registers: RegisterSet)? {
    let frames = crash.walk.frames
    guard number <= mostFrames, number < frames.count, frames[number].provenance != .scan,
      let call = investigation.call(before: frames[number].pc),
      let registers = investigation.stacks.registers(ofFrame: number, from: crash.registers)
    else { return nil }
    return (call.address, registers)
  }

  /// The code of one function, and the registers with which it stands at one of its instructions.
  private struct FunctionCode {
    let instructions: [Instruction]
    let paths: CodePaths
    private let registers: RegisterSet
    private let investigation: Investigation
    private let crash: Crash
    private let number: Int

    private static let mostDepth = 8

    init?(
      at pc: UInt64, inFrame number: Int, _ registers: RegisterSet, _ investigation: Investigation, _ crash: Crash
    ) {
      let frames = crash.walk.frames
      guard number < frames.count, frames[number].lookupAddress >= pc, frames[number].lookupAddress - pc < 16,
        let start = frames[number].start(in: investigation), pc >= start, pc - start <= PointerTrail.reach
      else { return nil }
      let code = investigation.memory.readPrefix(start, Int(pc - start) + PointerTrail.beyond)
      instructions = investigation.disassembler.instructions(from: start, code, count: 16_384)
      guard let paths = CodePaths(instructions, investigation.architecture, to: pc) else { return nil }
      self.paths = paths
      self.registers = registers
      self.investigation = investigation
      self.crash = crash
      self.number = number
    }

    /// The register that a plain move of a whole register copies.
    func copied(by instruction: Instruction) -> Int? {
      guard instruction.mnemonic == "mov", instruction.accesses.isEmpty,
        let last = instruction.operands.split(separator: " ").last.map(String.init)
      else { return nil }
      return investigation.architecture.registerNames.firstIndex(of: last)
    }

    /// The one instruction of the function that stores a register into the slot of the frame that `load` reads, and that
    /// register.
    func store(to load: Instruction) -> (register: Int, position: Int)? {
      let architecture = investigation.architecture
      guard let slot = load.accesses.first, slot.index == nil,
        slot.base == architecture.stackPointerRegister || slot.base == architecture.framePointerRegister
      else { return nil }
      var found: (Int, Int)?
      for (position, instruction) in instructions.enumerated() {
        guard let access = instruction.accesses.first, access.direction != .read, access.base == slot.base,
          access.index == nil, access.displacement == slot.displacement
        else { continue }
        let operands = instruction.operands.split(separator: ",").map { String($0.drop { $0 == " " }) }
        let name = architecture == .x86_64 ? operands.last : operands.first
        guard found == nil, instruction.mnemonic == "mov" || instruction.mnemonic == "str",
          let register = name.flatMap({ architecture.registerNames.firstIndex(of: $0) })
        else { return nil }
        found = (register, position)
      }
      return found
    }

    /// Where the load at `position` read from; nil where it is none, or a register that it needs is lost.
    func address(ofLoad position: Int, between: Set<Int>, depth: Int) -> UInt64? {
      let instruction = instructions[position]
      guard let access = instruction.accesses.first, access.direction == .read, instruction.accesses.count == 1,
        instruction.mnemonic.hasPrefix("mov") || instruction.mnemonic.hasPrefix("ld"), access.size ?? 8 == 8
      else { return nil }
      var needed = registers
      for register in access.registers {
        guard let value = value(of: register, before: position, between: between, depth: depth + 1) else { return nil }
        needed[register] = value
      }
      return access.address(
        registers: needed, instruction: instruction, architecture: investigation.architecture,
        threadPointer: crash.thread.threadPointer)
    }

    /// What `register` held before instruction `position`: what it holds still, or what it was loaded from holds.
    ///
    /// - Parameter between: the instructions that may have run since.
    func value(of register: Int, before position: Int, between: Set<Int>, depth: Int) -> UInt64? {
      guard depth < Self.mostDepth else { return nil }
      let isKept =
        !instructions[position].writes(register)
        && !between.contains { CodePaths.changes(instructions[$0], register, investigation.architecture) }
      if isKept, let value = registers[register] { return value }
      guard let source = paths.source(of: register, before: position) else { return nil }
      guard let found = source.position else { return argument(register, depth: depth + 1) }
      let since = between.union(source.between).union([position])
      if let other = copied(by: instructions[found]) {
        return value(of: other, before: found, between: since, depth: depth + 1)
      }
      if let sum = sum(at: found, of: register, between: since, depth: depth + 1) { return sum }
      return address(ofLoad: found, between: since, depth: depth + 1).flatMap { investigation.memory.word(at: $0) }
    }

    /// What the caller handed over in `register`.
    private func argument(_ register: Int, depth: Int) -> UInt64? {
      guard PointerTrail.isArgument(register, investigation.architecture),
        let (pc, registers) = PointerTrail.call(fromFrame: number + 1, crash, investigation),
        let caller = FunctionCode(at: pc, inFrame: number + 1, registers, investigation, crash)
      else { return nil }
      return caller.value(of: register, before: caller.paths.end, between: [], depth: depth)
    }

    /// What an addition of a constant, or of another register, gave.
    private func sum(at position: Int, of register: Int, between: Set<Int>, depth: Int) -> UInt64? {
      let instruction = instructions[position]
      guard instruction.mnemonic == "add", instruction.accesses.isEmpty else { return nil }
      let operands = instruction.operands.split(separator: ",").map { String($0.drop { $0 == " " }) }
      let names = investigation.architecture.registerNames
      // add rax, rdx; add x0, x1, #8: of two operands the first is a source as well.
      guard operands.count == 2 || operands.count == 3, names.firstIndex(of: operands[0]) == register,
        let first = names.firstIndex(of: operands[operands.count - 2]),
        let a = value(of: first, before: position, between: between, depth: depth),
        let b = constant(operands[operands.count - 1])
          ?? names.firstIndex(of: operands[operands.count - 1]).flatMap({
            value(of: $0, before: position, between: between, depth: depth)
          })
      else { return nil }
      return a &+ b
    }

    /// "0xa0", "-8", "#0x10".
    private func constant(_ text: String) -> UInt64? {
      var digits = text.drop { $0 == "#" }
      let isNegative = digits.first == "-"
      if isNegative { digits = digits.dropFirst() }
      let value = digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
      return value.map { isNegative ? 0 &- $0 : $0 }
    }
  }
}
