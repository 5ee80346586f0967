/// How a frame's instruction pointer was found.
public enum Provenance: UInt8, Sendable, CaseIterable {
  /// The registers of the thread.
  case context
  /// Call frame information: `.eh_frame` or `.debug_frame`.
  case callFrameInformation
  /// The registers that a signal frame saved.
  case signalFrame
  /// A frame pointer chain.
  case framePointer
  /// The link register x30, in a function that had not saved it yet.
  case linkRegister
  /// The instructions of the function's prologue, decoded.
  case prologue
  /// A search through the stack for what looks like a return address: may be wrong.
  case scan
}

/// One activation of a function.
public struct Frame: Sendable {
  /// 0 is the innermost frame. Counts every frame, folded ones included.
  public let number: Int
  /// The address of the next instruction that this frame will run: the instruction pointer, or the return
  /// address of its callee. Pointer authentication bits are removed.
  public let pc: UInt64
  /// Whether `pc` is exact: the innermost frame and the one that a signal interrupted. Any other is a
  /// return address, whose call lies before it.
  public let isExact: Bool
  /// The canonical frame address: the value of the stack pointer before the call into this frame; 0 where
  /// it could not be computed.
  public let cfa: UInt64
  /// The value of the stack pointer in this frame.
  public let stackPointer: UInt64
  /// The first address of the function as call frame information has it; 0 where there is none.
  public let functionStart: UInt64
  /// How ``pc`` was found.
  public let provenance: Provenance
  /// Whether the frame is a signal trampoline.
  public let isSignalTrampoline: Bool

  public init(
    number: Int, pc: UInt64, isExact: Bool, cfa: UInt64, stackPointer: UInt64, functionStart: UInt64,
    provenance: Provenance, isSignalTrampoline: Bool = false
  ) {
    self.number = number
    self.pc = pc
    self.isExact = isExact
    self.cfa = cfa
    self.stackPointer = stackPointer
    self.functionStart = functionStart
    self.provenance = provenance
    self.isSignalTrampoline = isSignalTrampoline
  }

  /// The address to look up names, lines and unwind rules by: `pc`, or one less for a return address.
  public var lookupAddress: UInt64 { isExact ? pc : pc &- 1 }
}
