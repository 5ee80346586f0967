internal import Bytes
internal import CCapstone
internal import Machine

extension Disassembler {
  func x86Instruction(at address: UInt64, _ bytes: ByteView) -> Instruction? {
    if Self.isUndefined1(bytes) { return undefined1(at: address, bytes) }
    guard let decoded = unsafe decode(at: address, bytes), let detail = unsafe decoded.pointee.detail else {
      return EVEXInstruction(bytes)?.instruction(at: address, bytes)
    }
    let size = unsafe Int(decoded.pointee.size)
    guard let own = bytes.slice(0, size)?.array else { return nil }
    let (mnemonic, operands) = unsafe text(of: decoded)
    let x86 = unsafe detail.pointee.x86
    let operation = x86_insn(rawValue: unsafe decoded.pointee.id)
    let all = unsafe withUnsafeBytes(of: x86.operands) {
      unsafe Array($0.bindMemory(to: cs_x86_op.self).prefix(Int(x86.op_count)))
    }
    let kind = x86Kind(operation, all)
    let masks = unsafe registers(of: decoded) { X86Registers.number($0) }
    var target: UInt64?
    if kind == .call || kind == .jump, let first = all.first, first.type == X86_OP_IMM {
      target = UInt64(bitPattern: first.imm)
    }
    return Instruction(
      address: address, bytes: own, mnemonic: mnemonic, operands: operands,
      accesses: x86Accesses(operation, all, mnemonic: mnemonic), kind: kind, target: target,
      registersRead: masks.0, registersWritten: masks.1)
  }

  private static func isUndefined1(_ bytes: ByteView) -> Bool {
    bytes.load(UInt16.self, at: bytes.load(UInt8.self, at: 0) == 0x67 ? 1 : 0) == 0xb90f
  }

  /// `ud1`, which capstone 4 does not decode whole: 0F B9 with a ModRM byte, by clang with prefix 67 and the
  /// number of a sanitizer's check as displacement.
  private func undefined1(at address: UInt64, _ bytes: ByteView) -> Instruction? {
    let start = bytes.load(UInt8.self, at: 0) == 0x67 ? 1 : 0
    guard let modRM = bytes.load(UInt8.self, at: start + 2) else { return nil }
    let displacement = [0: 0, 1: 1, 2: 4, 3: 0][modRM >> 6] ?? 0
    let hasScaledIndex = modRM >> 6 != 3 && modRM & 7 == 4
    let isAbsolute = modRM >> 6 == 0 && modRM & 7 == 5
    let size = start + 3 + (hasScaledIndex ? 1 : 0) + (isAbsolute ? 4 : displacement)
    guard let own = bytes.slice(0, size)?.array else { return nil }
    return Instruction(address: address, bytes: own, mnemonic: "ud1", operands: "", accesses: [], kind: .trap)
  }

  private func x86Kind(_ operation: x86_insn, _ operands: [cs_x86_op]) -> Instruction.Kind {
    switch operation {
    case X86_INS_CALL, X86_INS_LCALL: return .call
    case X86_INS_RET, X86_INS_RETF, X86_INS_RETFQ, X86_INS_IRETQ: return .return
    case X86_INS_PUSH, X86_INS_PUSHFQ, X86_INS_PUSHF: return .push
    case X86_INS_DIV, X86_INS_IDIV: return .divide
    case X86_INS_UD2, X86_INS_UD2B, X86_INS_INT3, X86_INS_INT1: return .trap
    case X86_INS_SYSCALL, X86_INS_SYSENTER: return .systemCall
    // Programs may raise the system call's vector alone (and the breakpoint's).
    case X86_INS_INT: return operands.first?.imm == 0x80 ? .systemCall : operands.first?.imm == 3 ? .trap : .privileged
    case X86_INS_HLT, X86_INS_CLI, X86_INS_STI, X86_INS_IN, X86_INS_OUT, X86_INS_INSB, X86_INS_INSD, X86_INS_INSW,
      X86_INS_OUTSB, X86_INS_OUTSD, X86_INS_OUTSW, X86_INS_INVD, X86_INS_WBINVD, X86_INS_INVLPG, X86_INS_RDMSR,
      X86_INS_WRMSR, X86_INS_LGDT, X86_INS_LIDT, X86_INS_LLDT, X86_INS_LTR, X86_INS_LMSW, X86_INS_CLTS, X86_INS_SWAPGS,
      X86_INS_SYSRET, X86_INS_SYSEXIT:
      return .privileged
    case X86_INS_JMP, X86_INS_LJMP: return .jump
    case X86_INS_SUB, X86_INS_ADD:
      guard operands.count == 2, isRegister(operands[0], X86_REG_RSP), operands[1].type == X86_OP_IMM else {
        return .other
      }
      let amount = operation == X86_INS_SUB ? operands[1].imm : 0 &- operands[1].imm
      return amount > 0 ? .stackAllocation(UInt64(amount)) : .other
    default:
      return (X86_INS_JAE.rawValue...X86_INS_JS.rawValue).contains(operation.rawValue) ? .jump : .other
    }
  }

  private func isRegister(_ operand: cs_x86_op, _ register: x86_reg) -> Bool {
    operand.type == X86_OP_REG && operand.reg == register
  }
}

/// capstone's numbers of x86-64 registers, and DWARF's (System V ABI AMD64, figure 3.36).
enum X86Registers {
  /// The DWARF number of the 64-bit register that `register` is, or is a part of; nil for any other kind.
  static func number(_ register: UInt32) -> Int? { table[register] }

  private static let table: [UInt32: Int] = {
    let rows: [(Int, [x86_reg])] = [
      (0, [X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH]),
      (1, [X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH]),
      (2, [X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH]),
      (3, [X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH]),
      (4, [X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL]),
      (5, [X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL]),
      (6, [X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL]),
      (7, [X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL]),
      (8, [X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B]),
      (9, [X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B]),
      (10, [X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B]),
      (11, [X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B]),
      (12, [X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B]),
      (13, [X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B]),
      (14, [X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B]),
      (15, [X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B]),
    ]
    return Dictionary(uniqueKeysWithValues: rows.flatMap { row in row.1.map { ($0.rawValue, row.0) } })
  }()

  /// Whether the register's 32-bit part is meant, as base or index of a 32-bit address.
  static func isHalf(_ register: x86_reg) -> Bool {
    [
      X86_REG_EAX, X86_REG_EBX, X86_REG_ECX, X86_REG_EDX, X86_REG_ESI, X86_REG_EDI, X86_REG_EBP, X86_REG_ESP,
      X86_REG_R8D, X86_REG_R9D, X86_REG_R10D, X86_REG_R11D, X86_REG_R12D, X86_REG_R13D, X86_REG_R14D, X86_REG_R15D,
      X86_REG_EIZ, X86_REG_EIP,
    ].contains(register)
  }
}
