internal import Machine

/// A decoded instruction.
public struct Instruction: Sendable {
  /// The address in the target of its first byte.
  public let address: UInt64
  /// The instruction's bytes, all of them.
  public let bytes: [UInt8]
  /// Its name, prefixes included: "mov", "rep movsb".
  public let mnemonic: String
  /// The operands in the usual notation (Intel syntax on x86-64).
  public let operands: String
  /// What it reads and writes in memory, in the order in which the processor does, implicit accesses (push,
  /// call, ret, string moves) included.
  public let accesses: [MemoryAccess]
  /// What it does to the flow of control.
  public let kind: Kind
  /// Where a direct call or jump goes, an address in the target; nil for any other instruction.
  public let target: UInt64?
  /// One bit for each general register, by DWARF number, that it reads.
  public let registersRead: UInt64
  /// One bit for each general register, by DWARF number, that it writes.
  public let registersWritten: UInt64

  /// What an instruction does, as far as a diagnosis asks.
  public enum Kind: Sendable, Equatable {
    case other
    case call
    case jump
    case `return`
    case push
    /// `div`, `idiv`, `sdiv`, `udiv`.
    case divide
    /// An instruction that compilers emit to end the program: `ud2`, `ud1`, `int3`, `brk`, `udf`, `hlt`.
    case trap
    case systemCall
    /// Lowers the stack pointer by a constant, in bytes (`sub rsp, n`).
    case stackAllocation(UInt64)
    case privileged
  }

  public init(
    address: UInt64, bytes: [UInt8], mnemonic: String, operands: String, accesses: [MemoryAccess], kind: Kind,
    target: UInt64? = nil, registersRead: UInt64 = 0, registersWritten: UInt64 = 0
  ) {
    self.address = address
    self.bytes = bytes
    self.mnemonic = mnemonic
    self.operands = operands
    self.accesses = accesses
    self.kind = kind
    self.target = target
    self.registersRead = registersRead
    self.registersWritten = registersWritten
  }

  /// Mnemonic and operands, as a listing shows them.
  public var text: String { operands.isEmpty ? mnemonic : "\(mnemonic) \(operands)" }

  /// The address in the target of the instruction behind this one; wraps.
  public var end: UInt64 { address &+ UInt64(bytes.count) }

  /// Whether the instruction writes the general register with DWARF number `register`.
  public func writes(_ register: Int) -> Bool {
    register >= 0 && register < RegisterSet.capacity && registersWritten & (1 << UInt64(register)) != 0
  }
}
