internal import Bytes
internal import Disassembly
internal import Machine

/// How the instruction that a breakpoint stands on is run without taking the breakpoint away, which other threads would
/// miss meanwhile: by doing what it does to the registers, or by running a copy of it elsewhere.
enum StepPlan: Equatable {
  /// Done to registers and memory by us: no step at all.
  case emulated(EmulatedInstruction)
  /// Its bytes, run in another place. They mean the same wherever they stand.
  case copied([UInt8])
  /// As `copied`, with the operand that is relative to the instruction pointer made relative to a register, which holds
  /// the address of the next instruction while the copy runs.
  case rebased([UInt8], register: Int)

  /// - Parameters:
  ///   - bytes: of the code at `address`, 16 where as many can be read.
  /// - Returns: nil where it is not known how to run it elsewhere: no breakpoint may be put there.
  init?(_ bytes: [UInt8], at address: UInt64) {
    #if arch(x86_64)
      self.init(x86: bytes, at: address)
    #else
      self.init(aarch64: bytes, at: address)
    #endif
  }

  #if arch(x86_64)
    private init?(x86 bytes: [UInt8], at address: UInt64) {
      if let emulated = EmulatedInstruction(bytes) {
        self = .emulated(emulated)
        return
      }
      guard let instruction = Disassembler(.x86_64).instruction(at: address, ByteView(bytes)) else { return nil }
      switch instruction.kind {
      case .call, .jump, .return, .trap, .systemCall, .privileged: return nil
      default: break
      }
      // Loops and jumps that count are jumps to few decoders: xbegin, loop, jrcxz.
      guard instruction.target == nil,
        !["loop", "jrcxz", "jecxz", "xbegin"].contains(where: instruction.mnemonic.hasPrefix)
      else { return nil }
      if instruction.operands.contains("rip") {
        guard let rebased = X86Rebasing.rebased(instruction.bytes) else { return nil }
        self = .rebased(rebased.bytes, register: rebased.register)
      } else {
        self = .copied(instruction.bytes)
      }
    }
  #else
    private init?(aarch64 bytes: [UInt8], at address: UInt64) {
      guard bytes.count >= 4 else { return nil }
      let word = bytes[..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      if let emulated = EmulatedInstruction(word) {
        self = .emulated(emulated)
      } else if AArch64Code.meansTheSameElsewhere(word) {
        self = .copied(Array(bytes[..<4]))
      } else {
        return nil
      }
    }
  #endif
}

/// Which instructions of aarch64 read or set the program counter (Arm ARM, C4.1: branches, exceptions and system
/// instructions; PC-relative addressing; load register literal).
enum AArch64Code {
  static func meansTheSameElsewhere(_ word: UInt32) -> Bool {
    if word & 0x1f00_0000 == 0x1000_0000 { return false }  // adr, adrp
    if word & 0x3b00_0000 == 0x1800_0000 { return false }  // ldr (literal), prfm (literal)
    if word & 0x1c00_0000 == 0x1400_0000 {
      // Branches, exceptions, system instructions: of these hints alone, pacia and autia among them, and barriers.
      return word & 0xffff_f01f == 0xd503_201f || word & 0xffff_f01f == 0xd503_301f
    }
    // Exclusive loads and stores may never succeed under single steps.
    return word & 0x3f00_0000 != 0x0800_0000
  }
}
