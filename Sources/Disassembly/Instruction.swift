/// A decoded instruction.
public struct Instruction: Sendable {
  /// The address in the target of its first byte.
  public let address: UInt64
  public let bytes: [UInt8]
  public let mnemonic: String
  /// The operands in the usual notation (Intel syntax on x86-64).
  public let operands: String
  /// What it reads and writes in memory, implicit accesses (push, call, ret, string moves) included.
  public let accesses: [MemoryAccess]
  public let kind: Kind

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
    address: UInt64, bytes: [UInt8], mnemonic: String, operands: String, accesses: [MemoryAccess], kind: Kind
  ) {
    self.address = address
    self.bytes = bytes
    self.mnemonic = mnemonic
    self.operands = operands
    self.accesses = accesses
    self.kind = kind
  }

  public var text: String { operands.isEmpty ? mnemonic : "\(mnemonic) \(operands)" }
}

/// One access of an instruction to memory, with its address as a sum of registers.
public struct MemoryAccess: Sendable, Equatable {
  public enum Direction: Sendable { case read, write, readWrite }

  public let direction: Direction
  /// The number of bytes, or nil where the decoder does not tell.
  public let size: Int?
  /// The DWARF number of the base register, of the index register, and the index's factor.
  public let base: Int?
  public let index: Int?
  public let scale: Int
  /// Added last; sign-extended.
  public let displacement: Int64
  /// `fs` or `gs` (x86-64): the thread pointer is added.
  public let usesThreadPointer: Bool
  /// Relative to the address of the next instruction (x86-64) or of this one (aarch64 literals).
  public let isPCRelative: Bool

  public init(
    direction: Direction, size: Int?, base: Int?, index: Int? = nil, scale: Int = 1, displacement: Int64 = 0,
    usesThreadPointer: Bool = false, isPCRelative: Bool = false
  ) {
    self.direction = direction
    self.size = size
    self.base = base
    self.index = index
    self.scale = scale
    self.displacement = displacement
    self.usesThreadPointer = usesThreadPointer
    self.isPCRelative = isPCRelative
  }
}
