internal import Disassembly
internal import Machine

/// The registers as they were before a fault, as far as the code that led to it and the memory tell.
struct RegisterHistory {
  /// The ways through the function that lead to the fault, and its instructions, which they number.
  let paths: CodePaths
  let instructions: [Instruction]
  /// At the fault.
  let registers: RegisterSet
  let threadPointer: UInt64?

  /// How many loads, each of which gave the next its address, are followed.
  private static let mostLoads = 4

  /// The address in the target that the load of a whole register at `position` read from.
  ///
  /// A register of that address which was written since has its value from memory, where a load gave it: in
  /// `mov rax, [rsp + 8]; mov rax, [rax]` the second load's address still lies at rsp + 8, if nothing was stored in
  /// between. Another thread may have; so the caller compares what lies at the address with what the load gave.
  /// - Parameter between: the instructions on the ways from there to the fault.
  /// - Returns: nil where the instruction is no such load, or where its address cannot be computed any more.
  func address(
    ofLoad position: Int, between: Set<Int>, _ investigation: Investigation, depth: Int = 0
  ) -> UInt64? {
    let instruction = instructions[position]
    guard depth < Self.mostLoads, let access = instruction.accesses.first, access.direction == .read,
      instruction.accesses.count == 1, instruction.mnemonic == "mov" || instruction.mnemonic.hasPrefix("ld"),
      access.size ?? 8 == 8
    else { return nil }
    var then = registers
    for register in access.registers {
      let isIntact =
        !instruction.writes(register)
        && !between.contains { CodePaths.changes(instructions[$0], register, investigation.architecture) }
      if isIntact { continue }
      guard let source = paths.source(of: register, before: position), let earlier = source.position else { return nil }
      let since = between.union(source.between).union([position])
      guard !since.contains(where: { mayStore(instructions[$0]) }),
        let address = address(ofLoad: earlier, between: since, investigation, depth: depth + 1),
        let word = investigation.memory.word(at: address)
      else { return nil }
      then[register] = word
    }
    return access.address(
      registers: then, instruction: instruction, architecture: investigation.architecture,
      threadPointer: threadPointer)
  }

  private func mayStore(_ instruction: Instruction) -> Bool {
    [.call, .systemCall].contains(instruction.kind) || instruction.accesses.contains { $0.direction != .read }
  }
}
