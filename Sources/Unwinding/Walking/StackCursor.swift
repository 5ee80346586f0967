public import Machine

/// A place on a stack: the frame that ``Unwinder/step(_:)`` gives next, with its registers.
public struct StackCursor: Sendable {
  /// The registers as the frame has them that is given next: those that are known.
  public internal(set) var registers: RegisterSet
  /// Why there is no further frame; nil while there may be one.
  public internal(set) var ending: StackWalk.Ending?
  /// The number of the frame that is given next.
  public internal(set) var number = 0
  /// Whether its instruction pointer is exact.
  var isExact = true
  /// How its instruction pointer was found.
  var provenance = Provenance.context
  /// Whether the stack pointer is only known to be no lower: then no CFA can be computed from it.
  var stackPointerIsBound = false
  var progress: StackProgress

  /// A walk that begins with the frame that has `registers`.
  init(_ registers: RegisterSet, _ architecture: Architecture, _ memory: any TargetMemory) {
    self.registers = registers
    progress = StackProgress(at: registers.stackPointer(architecture) ?? 0, memory)
    if registers.instructionPointer(architecture) == nil || registers.stackPointer(architecture) == nil {
      ending = .noRegisters
    }
  }
}

/// The frame that called another, as one means found it.
struct Caller {
  /// All registers that are known, the instruction pointer without authentication bits among them.
  var registers: RegisterSet
  /// The CFA of the frame it was found from; 0 where it is not known.
  var cfa: UInt64
  var provenance: Provenance
  /// Whether its instruction pointer is that of an interrupted instruction.
  var isExact = false
  /// Whether it may lie on another stack: what found it is no guess.
  var maySwitchStacks = false
  /// Whether its stack pointer is only known to be no lower.
  var stackPointerIsBound = false
}
