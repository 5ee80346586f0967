internal import Disassembly

/// The ways through a function's code, as far as its jumps are direct: what can be reached from where.
struct FunctionFlow {
  private struct Step {
    let end: UInt64
    /// Where a jump goes; nil for what does not jump.
    let target: UInt64?
    /// Whether the next instruction may follow.
    let fallsThrough: Bool
  }

  private var steps: [UInt64: Step] = [:]
  /// Whether some jump's aim is not known: then everything may be reached.
  private(set) var isIndirect = false

  /// Jumps that are always taken.
  private static let unconditional: Set<String> = ["jmp", "bnd jmp", "notrack jmp", "b", "br", "ljmp"]

  mutating func add(_ instruction: Instruction) {
    var target: UInt64?
    var fallsThrough = true
    switch instruction.kind {
    case .jump:
      target = instruction.target
      fallsThrough = !Self.unconditional.contains(instruction.mnemonic)
      // Through a word at a fixed address, of the table of linked functions: it leaves for another function.
      if target == nil, !instruction.operands.has("[rip ") { isIndirect = true }
    case .return, .trap: fallsThrough = false
    default: break
    }
    steps[instruction.address] = Step(end: instruction.end, target: target, fallsThrough: fallsThrough)
  }

  /// Whether `place` can be reached from `start` without `avoided` being run.
  func reaches(_ place: UInt64, from start: UInt64, avoiding avoided: UInt64) -> Bool {
    guard !isIndirect else { return true }
    var seen: Set<UInt64> = [avoided]
    var open = [start]
    while let address = open.popLast() {
      guard seen.insert(address).inserted, let step = steps[address] else { continue }
      if address == place { return true }
      if step.fallsThrough { open.append(step.end) }
      if let target = step.target { open.append(target) }
    }
    return false
  }
}
