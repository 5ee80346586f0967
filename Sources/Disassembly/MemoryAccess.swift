public import Machine

/// One access of an instruction to memory, with its address as a sum of registers.
public struct MemoryAccess: Sendable, Equatable {
  /// Whether memory is read, written, or both.
  public enum Direction: Sendable { case read, write, readWrite }

  /// What is done to the index register before it is scaled (A64 extended registers; `67h` on x86-64).
  public enum Extension: Sendable { case none, zero32, sign32 }

  /// Whether it reads, writes, or both.
  public let direction: Direction
  /// The number of bytes, or nil where the decoder does not tell.
  public let size: Int?
  /// The DWARF number of the base register; nil for none.
  public let base: Int?
  /// The DWARF number of the register that is scaled and added; nil for none.
  public let index: Int?
  /// How the index register is widened first.
  public let indexExtension: Extension
  /// What the index is multiplied with.
  public let scale: Int
  /// Added last; sign-extended.
  public let displacement: Int64
  /// `fs` or `gs` (x86-64): the thread pointer is added.
  public let usesThreadPointer: Bool
  /// Relative to the address of the next instruction (x86-64) or of this one (aarch64 literals).
  public let isPCRelative: Bool
  /// The sum is cut to 32 bits (address-size prefix `67h` on x86-64).
  public let isTruncated: Bool
  /// The address is not a sum of general registers (gathers, scatters, `gs` on x86-64, whose base no dump
  /// for users holds): it cannot be computed.
  public let isUnknown: Bool

  public init(
    direction: Direction, size: Int?, base: Int?, index: Int? = nil, indexExtension: Extension = .none,
    scale: Int = 1, displacement: Int64 = 0, usesThreadPointer: Bool = false, isPCRelative: Bool = false,
    isTruncated: Bool = false, isUnknown: Bool = false
  ) {
    self.direction = direction
    self.size = size
    self.base = base
    self.index = index
    self.indexExtension = indexExtension
    self.scale = scale
    self.displacement = displacement
    self.usesThreadPointer = usesThreadPointer
    self.isPCRelative = isPCRelative
    self.isTruncated = isTruncated
    self.isUnknown = isUnknown
  }

  /// The address in the target that the access goes to, with the wrap-around of the processor.
  ///
  /// - Parameters:
  ///   - registers: before the instruction.
  ///   - instruction: the one this access belongs to.
  ///   - architecture: of the target; x86-64 counts pc-relative addresses from the next instruction.
  ///   - threadPointer: the base of `fs`.
  /// - Returns: nil where a register it needs is not known, or ``isUnknown``.
  public func address(
    registers: RegisterSet, instruction: Instruction, architecture: Architecture, threadPointer: UInt64?
  ) -> UInt64? {
    guard !isUnknown else { return nil }
    var sum = UInt64(bitPattern: displacement)
    if isPCRelative { sum &+= architecture == .x86_64 ? instruction.end : instruction.address }
    if let base {
      guard let value = registers[base] else { return nil }
      sum &+= value
    }
    if let index {
      guard let value = registers[index] else { return nil }
      let extended: UInt64 =
        switch indexExtension {
        case .none: value
        case .zero32: UInt64(UInt32(truncatingIfNeeded: value))
        case .sign32: UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
        }
      sum &+= extended &* UInt64(truncatingIfNeeded: scale)
    }
    if isTruncated { sum = UInt64(UInt32(truncatingIfNeeded: sum)) }
    if usesThreadPointer {
      guard let threadPointer else { return nil }
      sum &+= threadPointer
    }
    return sum
  }

  /// The DWARF numbers of the registers that make up the address.
  public var registers: [Int] { [base, index].compactMap { $0 } }
}
