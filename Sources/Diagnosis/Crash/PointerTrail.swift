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
    guard let code = FunctionCode(around: pc, registers, investigation, crash) else { return }
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
      loads.append(Load(address: address, value: value, instruction: instruction))
      guard let base = instruction.accesses.first?.base,
        let next = code.value(of: base, before: found, between: between, depth: 0)
      else { return }
      (register, value, position) = (base, next, found)
    }
  }

  /// Goes on in the caller, where the register is an argument that it handed over.
  private mutating func followCaller(_ register: Int, _ value: UInt64, frame number: Int) {
    let isArgument =
      investigation.architecture == .x86_64 ? [5, 4, 1, 2, 8, 9].contains(register) : register < 8
    let frames = crash.walk.frames
    guard isArgument, number <= Self.mostFrames, number < frames.count, frames[number].provenance != .scan,
      let call = investigation.call(before: frames[number].pc),
      let registers = investigation.stacks.registers(ofFrame: number, from: crash.registers)
    else { return }
    follow(register, value, at: call.address, registers, frame: number)
  }

  /// The code of one function, and the registers with which it stands at one of its instructions.
  private struct FunctionCode {
    let instructions: [Instruction]
    let paths: CodePaths
    private let registers: RegisterSet
    private let investigation: Investigation
    private let threadPointer: UInt64?

    private static let mostDepth = 4

    init?(around pc: UInt64, _ registers: RegisterSet, _ investigation: Investigation, _ crash: Crash) {
      guard let frame = crash.walk.frames.first(where: { $0.lookupAddress >= pc && $0.lookupAddress - pc < 16 }),
        let start = frame.start(in: investigation), pc >= start, pc - start <= PointerTrail.reach
      else { return nil }
      let code = investigation.memory.readPrefix(start, Int(pc - start) + PointerTrail.beyond)
      instructions = investigation.disassembler.instructions(from: start, code, count: 16_384)
      guard let paths = CodePaths(instructions, investigation.architecture, to: pc) else { return nil }
      self.paths = paths
      self.registers = registers
      self.investigation = investigation
      threadPointer = crash.thread.threadPointer
    }

    /// The register that a plain move of a whole register copies.
    func copied(by instruction: Instruction) -> Int? {
      guard instruction.mnemonic == "mov", instruction.accesses.isEmpty,
        let last = instruction.operands.split(separator: " ").last.map(String.init)
      else { return nil }
      return investigation.architecture.registerNames.firstIndex(of: last)
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
        threadPointer: threadPointer)
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
      guard let source = paths.source(of: register, before: position), let found = source.position else { return nil }
      let since = between.union(source.between).union([position])
      if let other = copied(by: instructions[found]) {
        return value(of: other, before: found, between: since, depth: depth + 1)
      }
      return address(ofLoad: found, between: since, depth: depth + 1).flatMap { investigation.memory.word(at: $0) }
    }
  }
}
