internal import Disassembly
internal import Machine

/// The ways through a function's code that lead to one of its instructions.
struct CodePaths {
  private let instructions: [Instruction]
  private let architecture: Architecture
  /// For each instruction, the numbers of those that jump to it.
  private let jumps: [Int: [Int]]
  /// The number of the instruction that they lead to.
  let end: Int

  /// The most instructions that one search may look at.
  private static let most = 20_000

  /// - Parameters:
  ///   - instructions: from the function's first one on.
  ///   - address: where the ways are to lead.
  /// - Returns: nil where no instruction is decoded there.
  init?(_ instructions: [Instruction], _ architecture: Architecture, to address: UInt64) {
    var numbers: [UInt64: Int] = [:]
    for (number, instruction) in instructions.enumerated() { numbers[instruction.address] = number }
    guard let end = numbers[address] else { return nil }
    var jumps: [Int: [Int]] = [:]
    for (number, instruction) in instructions.enumerated() where instruction.kind == .jump {
      if let target = instruction.target.flatMap({ numbers[$0] }) { jumps[target, default: []].append(number) }
    }
    (self.instructions, self.architecture, self.jumps, self.end) = (instructions, architecture, jumps, end)
  }

  /// The one instruction that gave `register` the value it has before instruction `position`, on whatever way.
  ///
  /// - Returns: nil where there are several, or not all ways are known (jump tables); a nil `position` where nothing
  ///   writes it since the function's entry. `between`: the instructions on the ways from there.
  func source(of register: Int, before position: Int) -> (position: Int?, between: Set<Int>)? {
    var found: Int?
    var isFromEntry = false
    var seen: Set<Int> = []
    var open = predecessors(of: position)
    if position == 0 { isFromEntry = true } else if open.isEmpty { return nil }
    while let number = open.popLast() {
      guard seen.count < Self.most else { return nil }
      guard Self.changes(instructions[number], register, architecture) else {
        guard seen.insert(number).inserted else { continue }
        if number == 0 { isFromEntry = true }
        let before = predecessors(of: number)
        // Code that nothing known leads to: the target of a jump table.
        if before.isEmpty, number != 0 { return nil }
        open += before
        continue
      }
      // A conditional move may have left what was there.
      let name = instructions[number].mnemonic
      if name.hasPrefix("cmov") || name.hasPrefix("cs") || found != nil && found != number { return nil }
      found = number
    }
    if found != nil, isFromEntry { return nil }
    return (found, seen)
  }

  /// The instructions that may have come directly before.
  private func predecessors(of position: Int) -> [Int] {
    var result = jumps[position] ?? []
    if position > 0, fallsThrough(instructions[position - 1]) { result.append(position - 1) }
    return result
  }

  private func fallsThrough(_ instruction: Instruction) -> Bool {
    switch instruction.kind {
    case .return, .trap: false
    case .jump: !["jmp", "ljmp", "b", "br", "braa", "brab", "braaz", "brabz"].contains(instruction.mnemonic)
    default: true
    }
  }

  /// Whether `register` has another value, or may have, behind the instruction: a call keeps only some.
  static func changes(_ instruction: Instruction, _ register: Int, _ architecture: Architecture) -> Bool {
    if instruction.writes(register) { return true }
    switch instruction.kind {
    case .call:
      return architecture == .x86_64
        ? ![3, 6, 7, 12, 13, 14, 15].contains(register) : !(18...29).contains(register) && register != 31
    case .systemCall: return architecture == .x86_64 ? [0, 2, 11].contains(register) : register == 0
    default: return false
    }
  }
}
