internal import CCapstone

extension Disassembler {
  /// What an x86-64 instruction accesses, explicit operands and the implicit stack, in the processor's order:
  /// sources before the stack, the stack before destinations.
  func x86Accesses(_ operation: x86_insn, _ operands: [cs_x86_op], mnemonic: String) -> [MemoryAccess] {
    guard !Self.accessNothing.contains(operation.rawValue), !mnemonic.hasPrefix("prefetch") else { return [] }
    let explicit = operands.enumerated().compactMap { position, operand in
      operand.type == X86_OP_MEM
        ? explicitAccess(operand, isFirst: position == 0, operation, mnemonic: mnemonic) : nil
    }
    let stack = implicitAccess(operation, operands)
    return explicit.filter { $0.direction == .read } + (stack.map { [$0] } ?? [])
      + explicit.filter { $0.direction != .read }
  }

  /// Instructions whose memory operand is an address, not an access, or that never fault.
  private static let accessNothing: Set<UInt32> = Set(
    [X86_INS_LEA, X86_INS_NOP].map(\.rawValue))

  private static let onlyRead: Set<UInt32> = Set(
    [
      X86_INS_CMP, X86_INS_TEST, X86_INS_BT, X86_INS_PUSH, X86_INS_CALL, X86_INS_LCALL, X86_INS_JMP, X86_INS_LJMP,
      X86_INS_MUL, X86_INS_DIV, X86_INS_IDIV, X86_INS_CMPSB, X86_INS_CMPSW, X86_INS_CMPSD, X86_INS_CMPSQ, X86_INS_SCASB,
      X86_INS_SCASW, X86_INS_SCASD, X86_INS_SCASQ, X86_INS_COMISS, X86_INS_COMISD, X86_INS_UCOMISS, X86_INS_UCOMISD,
      X86_INS_XRSTOR, X86_INS_LDMXCSR, X86_INS_VLDMXCSR, X86_INS_CLFLUSH, X86_INS_PTEST, X86_INS_VPTEST,
    ].map(\.rawValue))

  private static let readAndWrite: Set<UInt32> = Set(
    [
      X86_INS_ADD, X86_INS_SUB, X86_INS_AND, X86_INS_OR, X86_INS_XOR, X86_INS_ADC, X86_INS_SBB, X86_INS_INC,
      X86_INS_DEC, X86_INS_NEG, X86_INS_NOT, X86_INS_SHL, X86_INS_SHR, X86_INS_SAR, X86_INS_SAL, X86_INS_ROL,
      X86_INS_ROR, X86_INS_RCL, X86_INS_RCR, X86_INS_SHLD, X86_INS_SHRD, X86_INS_XCHG, X86_INS_XADD, X86_INS_CMPXCHG,
      X86_INS_CMPXCHG8B, X86_INS_CMPXCHG16B, X86_INS_BTS, X86_INS_BTR, X86_INS_BTC,
    ].map(\.rawValue))

  /// Whether an instruction of the x87 unit, with one operand in memory, loads it. (capstone 4 calls the stores of
  /// this unit, and some of SSE's, reads: its word is not taken.)
  private static func readsFloat(_ mnemonic: String) -> Bool {
    mnemonic.hasPrefix("f")
      && !["fst", "fist", "fnst", "fsave", "fnsave", "fxsave", "fbstp"].contains { mnemonic.hasPrefix($0) }
  }

  private func explicitAccess(
    _ operand: cs_x86_op, isFirst: Bool, _ operation: x86_insn, mnemonic: String
  ) -> MemoryAccess {
    let memory = operand.mem
    let isRIPRelative = memory.base == X86_REG_RIP || memory.base == X86_REG_EIP
    let base = X86Registers.number(memory.base.rawValue)
    let index = X86Registers.number(memory.index.rawValue)
    let hasVectorIndex =
      memory.index != X86_REG_INVALID && index == nil && memory.index != X86_REG_RIZ && memory.index != X86_REG_EIZ
    let operation = operation.rawValue
    let direction: MemoryAccess.Direction =
      if Self.readAndWrite.contains(operation), isFirst || operation == X86_INS_XCHG.rawValue {
        .readWrite
      } else if !isFirst || Self.onlyRead.contains(operation) || Self.readsFloat(mnemonic) {
        .read
      } else {
        .write
      }
    // POP computes its destination's address after it has raised rsp (Intel SDM volume 2, POP).
    let popsToStack = operation == X86_INS_POP.rawValue && base == 7
    return MemoryAccess(
      direction: direction, size: operand.size == 0 ? nil : Int(operand.size), base: base, index: index,
      scale: Int(memory.scale), displacement: memory.disp &+ (popsToStack ? 8 : 0),
      usesThreadPointer: memory.segment == X86_REG_FS, isPCRelative: isRIPRelative,
      isTruncated: X86Registers.isHalf(memory.base) || X86Registers.isHalf(memory.index),
      isUnknown: hasVectorIndex || memory.segment == X86_REG_GS)
  }

  private func implicitAccess(_ operation: x86_insn, _ operands: [cs_x86_op]) -> MemoryAccess? {
    switch operation {
    case X86_INS_PUSH:
      let size = operands.first?.size == 2 ? 2 : 8
      return MemoryAccess(direction: .write, size: size, base: 7, displacement: Int64(-size))
    case X86_INS_CALL, X86_INS_PUSHFQ, X86_INS_ENTER:
      return MemoryAccess(direction: .write, size: 8, base: 7, displacement: -8)
    case X86_INS_POP:
      return MemoryAccess(direction: .read, size: operands.first?.size == 2 ? 2 : 8, base: 7)
    case X86_INS_RET, X86_INS_POPFQ:
      return MemoryAccess(direction: .read, size: 8, base: 7)
    case X86_INS_LEAVE:
      return MemoryAccess(direction: .read, size: 8, base: 6)
    case X86_INS_MASKMOVDQU, X86_INS_VMASKMOVDQU:
      return MemoryAccess(direction: .write, size: 16, base: 5)
    case X86_INS_MASKMOVQ:
      return MemoryAccess(direction: .write, size: 8, base: 5)
    default:
      return nil
    }
  }
}
