internal import Bytes
package import Diagnosis
internal import Disassembly
internal import Machine
internal import Symbolication
internal import Targets

/// Lists instructions, beginning where a function does, so that they are those that the processor would run.
package struct CodeListing {
  private let investigation: Investigation
  private let addresses: AddressNames
  /// How many instructions are listed on either side of the current one.
  private static let around = 6
  /// How far back a function's beginning is looked for, in bytes.
  private static let farthest: UInt64 = 65_536

  package init(_ investigation: Investigation, _ addresses: AddressNames) {
    self.investigation = investigation
    self.addresses = addresses
  }

  /// The instructions around a thread's instruction pointer; none where that does not point to readable memory.
  func around(_ thread: ThreadState) -> [ReportedInstruction] {
    guard let pc = thread.registers.instructionPointer(investigation.target.architecture) else { return [] }
    return around(pc)
  }

  /// The instructions around `pc`, those before it only where it is known where its function begins.
  package func around(_ pc: UInt64) -> [ReportedInstruction] {
    let symbol = investigation.names.resolve([pc]).first?.symbol
    let before = instructions(before: pc, function: symbol?.address) ?? []
    let bytes = investigation.target.memory.readPrefix(pc, (Self.around + 1) * Disassembler.longestInstruction)
    let after = investigation.disassembler.instructions(from: pc, bytes, count: Self.around + 1)
    return list(before + after, current: pc)
  }

  /// The instructions around `pc`, by addresses alone: no names are looked up.
  ///
  /// - Parameters:
  ///   - function: where the function of `pc` begins; nil where that is not known.
  ///   - isReturnAddress: whether the current instruction is the one that ends at `pc`, a call.
  func around(_ pc: UInt64, function: UInt64?, isReturnAddress: Bool) -> [ReportedInstruction] {
    let before =
      instructions(before: pc, function: function)
      ?? (isReturnAddress ? investigation.call(before: pc).map { [$0] } ?? [] : [])
    let bytes = investigation.target.memory.readPrefix(pc, (Self.around + 1) * Disassembler.longestInstruction)
    let after = investigation.disassembler.instructions(from: pc, bytes, count: Self.around)
    let current = isReturnAddress ? before.last?.address : pc
    return (before + after).map { instruction in
      ReportedInstruction(
        address: HexAddress(instruction.address), bytes: Hexadecimal.text(instruction.bytes), text: instruction.text,
        isCurrent: instruction.address == current)
    }
  }

  /// The last instructions of a function before `pc`; nil where its beginning is unknown, too far off or unreadable. None
  /// where data within the code may have put the decoder out of step.
  private func instructions(before pc: UInt64, function: UInt64?) -> [Instruction]? {
    guard let function, function < pc, pc - function <= Self.farthest,
      let bytes = investigation.target.memory.read(function, Int(pc - function))
    else { return nil }
    let all = investigation.disassembler.instructions(from: function, bytes, count: bytes.count)
    return all.last?.end == pc ? all.suffix(Self.around) : []
  }

  /// `count` instructions from `address` on.
  package func from(_ address: UInt64, count: Int, current: UInt64?) -> [ReportedInstruction] {
    let (size, overflow) = count.multipliedReportingOverflow(by: Disassembler.longestInstruction)
    guard count > 0, !overflow else { return [] }
    let bytes = investigation.target.memory.readPrefix(address, min(size, 1 << 20))
    return list(investigation.disassembler.instructions(from: address, bytes, count: count), current: current)
  }

  private func list(_ instructions: [Instruction], current: UInt64?) -> [ReportedInstruction] {
    var function: UInt64?
    let resolutions = investigation.names.resolve(instructions.map(\.address))
    return zip(instructions, resolutions).enumerated().map { index, pair in
      let (instruction, resolution) = pair
      let begins = index == 0 || resolution.symbol?.address != function
      function = resolution.symbol?.address
      return ReportedInstruction(
        address: HexAddress(instruction.address), bytes: Hexadecimal.text(instruction.bytes), text: instruction.text,
        isCurrent: instruction.address == current,
        place: begins && resolution.symbol != nil ? addresses.place(of: instruction.address) : nil)
    }
  }
}
