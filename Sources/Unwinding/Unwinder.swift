public import Machine

/// Walks stacks: from a thread's registers, by call frame information and by what helps where there is none.
///
/// One unwinder serves all threads of a target, and keeps the rules that it compiled for one for the next. It is
/// not for use by several threads of ours at a time.
public final class Unwinder {
  private var engine: UnwindEngine

  /// - Parameters:
  ///   - modules: all that is known to be code, in any order. Executable memory that belongs to no file can be
  ///     given as a module without call frame information.
  ///   - memory: the target's; stacks and code are read from it.
  ///   - codePointerMask: the pointer authentication bits of code addresses (NT_ARM_PAC_MASK), 0 for none.
  public init(
    architecture: Architecture, modules: [UnwindModule], memory: any TargetMemory, codePointerMask: UInt64 = 0
  ) {
    engine = UnwindEngine(architecture, modules, memory, codePointerMask)
  }

  /// The stack of a thread that has `registers`, to its outermost frame, with recursion folded.
  public func walk(_ registers: RegisterSet) -> StackWalk {
    var cursor = cursor(registers)
    var collector = FrameCollector()
    engine.run(&cursor, into: &collector)
    return collector.finish(cursor.ending ?? .noRegisters)
  }

  /// The registers as frame `number` has them: those that its callees preserved or saved, the stack pointer
  /// and the instruction pointer. nil where the stack has no such frame.
  public func registers(ofFrame number: Int, from registers: RegisterSet) -> RegisterSet? {
    var cursor = cursor(registers)
    var frames = NoFrames()
    engine.run(&cursor, into: &frames, until: number)
    guard cursor.number == number, cursor.ending == nil else { return nil }
    let found = cursor.registers
    return step(&cursor) == nil ? nil : found
  }

  /// Calls `body` with every frame of a stack, innermost first, and its registers, until it gives false.
  ///
  /// - Returns: why the walk ended; nil where `body` ended it.
  @discardableResult
  public func visit(
    _ registers: RegisterSet, _ body: (Frame, RegisterSet) throws -> Bool
  ) rethrows -> StackWalk.Ending? {
    var cursor = cursor(registers)
    while true {
      let registers = cursor.registers
      guard let frame = step(&cursor) else { return cursor.ending }
      guard try body(frame, registers) else { return nil }
    }
  }

  /// A walk that begins with the frame that has `registers`, to be moved by ``step(_:)``.
  public func cursor(_ registers: RegisterSet) -> StackCursor {
    StackCursor(registers, engine.architecture, engine.memory)
  }

  /// Gives the frame that the cursor stands at, and moves it to that frame's caller.
  ///
  /// - Returns: nil where there is no frame; ``StackCursor/ending`` then says why.
  public func step(_ cursor: inout StackCursor) -> Frame? {
    engine.step(&cursor)
  }
}
