internal import Bytes
internal import Disassembly
internal import Machine

/// How much stack a function's frame takes in all, as its prologue says.
enum FrameDemand {
  /// The bytes from the frame's CFA down to where its prologue leaves the stack pointer, return address included.
  ///
  /// Follows pushes, `sub rsp, n`, probing loops towards an address in a register (`lea r11, [rsp - n]`), and a
  /// size handed to a probing function or subtracted in a register.
  /// - Parameter start: the function's first instruction, an address in the target.
  /// - Returns: nil where the code cannot be read, or nothing is allocated.
  static func bytes(from start: UInt64, in investigation: Investigation) -> UInt64? {
    let code = investigation.memory.readPrefix(start, 512)
    let instructions = investigation.disassembler.instructions(from: start, code, count: 48)
    let isX86 = investigation.architecture == .x86_64
    let stackPointer = investigation.architecture.stackPointerRegister
    var depth: UInt64 = isX86 ? 8 : 0
    var reached = depth
    // Registers with a size in them, and registers with how deep an address they hold.
    var sizes: [Int: UInt64] = [:]
    var depths: [Int: UInt64] = [:]
    for instruction in instructions {
      let written = (0..<32).first { instruction.writes($0) && $0 != stackPointer }
      switch instruction.kind {
      case .push:
        depth &+= 8
      case .stackAllocation(let amount):
        depth &+= amount
      case .call:
        // A probing function is told the size in eax, and takes nothing itself.
        guard isX86, let size = sizes[0], size >= 4096 else { return result(reached) }
        reached = max(reached, depth &+ size)
      case .return, .trap, .systemCall:
        return result(reached)
      case .jump:
        // A probing loop jumps back; anything else ends the prologue.
        guard let target = instruction.target, target >= start, target < instruction.address else {
          return result(reached)
        }
      default:
        if !isX86, let amount = preIndexed(instruction) {
          depth &+= amount
        } else if let amount = constant(instruction), let written {
          if let base = depths[written], instruction.mnemonic == "sub" {
            depths[written] = base &+ amount
            reached = max(reached, base &+ amount)
          } else if instruction.mnemonic.hasPrefix("mov") {
            sizes[written] = amount
          }
        } else if instruction.mnemonic == "lea", let written, let below = negativeOffset(instruction.operands) {
          depths[written] = depth &+ below
          reached = max(reached, depth &+ below)
        } else if instruction.mnemonic == "mov", let written,
          instruction.operands.hasSuffix(isX86 ? "rsp" : "sp"), instruction.accesses.isEmpty
        {
          depths[written] = depth
        } else if instruction.mnemonic == "sub", instruction.writes(stackPointer),
          let size = sizes.first(where: { instruction.registersRead & (1 << UInt64($0.key)) != 0 })
        {
          depth &+= size.value
        }
      }
      reached = max(reached, depth)
      // The body reads and writes memory that is not the frame's.
      if instruction.kind == .other, instruction.accesses.contains(where: { !isFrame($0, investigation.architecture) })
      {
        return result(reached)
      }
    }
    return result(reached)
  }

  private static func result(_ reached: UInt64) -> UInt64? { reached > 8 ? reached : nil }

  private static func isFrame(_ access: MemoryAccess, _ architecture: Architecture) -> Bool {
    access.usesThreadPointer || access.base == architecture.stackPointerRegister
      || access.base == architecture.framePointerRegister
  }

  /// n of `stp x29, x30, [sp, #-n]!`.
  private static func preIndexed(_ instruction: Instruction) -> UInt64? {
    guard instruction.operands.hasSuffix("]!"), let access = instruction.accesses.first, access.base == 31,
      access.displacement < 0
    else { return nil }
    return access.displacement.magnitude
  }

  /// The constant at the end of the operands.
  private static func constant(_ instruction: Instruction) -> UInt64? {
    guard instruction.accesses.isEmpty, let last = instruction.operands.split(separator: " ").last else { return nil }
    let digits = last.hasPrefix("#") ? last.dropFirst() : last
    return digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
  }

  /// n of `[rsp - n]`.
  private static func negativeOffset(_ operands: String) -> UInt64? {
    guard let at = operands.range(of: "[rsp - ")?.upperBound, operands.last == "]" else { return nil }
    let digits = operands[at...].dropLast()
    return digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
  }
}

extension String {
  /// Where `other` first occurs.
  fileprivate func range(of other: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
      start = index(after: start)
    }
    return nil
  }
}
