/// The general registers of a thread or of a frame, by DWARF number, each known or not.
public struct RegisterSet: Sendable {
  /// More than the highest DWARF number kept here (aarch64: 34, RA_SIGN_STATE).
  public static let capacity = 35

  @usableFromInline var values: InlineArray<35, UInt64>
  @usableFromInline var known: UInt64

  /// No register is known.
  @inlinable
  public init() {
    values = InlineArray(repeating: 0)
    known = 0
  }

  /// The register's value, or nil where it is not known. Setting nil forgets it.
  @inlinable
  public subscript(_ number: Int) -> UInt64? {
    get {
      guard number >= 0, number < Self.capacity, known & (1 << UInt64(number)) != 0 else { return nil }
      return values[number]
    }
    set {
      guard number >= 0, number < Self.capacity else { return }
      if let newValue {
        values[number] = newValue
        known |= 1 << UInt64(number)
      } else {
        values[number] = 0
        known &= ~(1 << UInt64(number))
      }
    }
  }

  /// One bit for each DWARF number whose value is known.
  @inlinable public var knownMask: UInt64 { known }

  /// Forgets every register whose bit in `mask` is not set.
  @inlinable
  public mutating func keep(only mask: UInt64) {
    known &= mask
  }

  /// The instruction pointer: rip, pc; nil where it is not known.
  @inlinable public func instructionPointer(_ architecture: Architecture) -> UInt64? {
    self[architecture.instructionPointerRegister]
  }
  /// The stack pointer: rsp, sp; nil where it is not known.
  @inlinable public func stackPointer(_ architecture: Architecture) -> UInt64? {
    self[architecture.stackPointerRegister]
  }
  /// What the frame pointer register holds (rbp, x29), whatever the code uses it for; nil where it is not known.
  @inlinable public func framePointer(_ architecture: Architecture) -> UInt64? {
    self[architecture.framePointerRegister]
  }
}

extension RegisterSet: Equatable {
  public static func == (a: RegisterSet, b: RegisterSet) -> Bool {
    guard a.known == b.known else { return false }
    return (0..<capacity).allSatisfy { a[$0] == b[$0] }
  }
}
