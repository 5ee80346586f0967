internal import Bytes
internal import Disassembly
internal import Machine
internal import Symbolication
internal import Unwinding

/// How a function, from its first instruction to where it stands, moves the stack pointer.
enum StackPointerMoves: Equatable {
  /// By constants, pushes and calls alone.
  case constant
  /// By an amount in a register: alloca(3), a variable-length array.
  case dynamic
  /// It was set to a value from elsewhere, by the instruction at this address: a switch to another stack.
  case replaced(UInt64)

  /// The most code that is looked at, in bytes.
  private static let reach: UInt64 = 64 << 10

  /// - Parameters:
  ///   - start: the function's first instruction, an address in the target.
  ///   - end: the instruction that it stands at.
  /// - Returns: nil where the code cannot be read.
  init?(from start: UInt64, to end: UInt64, in investigation: Investigation) {
    guard start <= end, end - start <= Self.reach, let code = investigation.memory.read(start, Int(end - start)) else {
      return nil
    }
    let architecture = investigation.architecture
    let stackPointer = architecture.stackPointerRegister
    let own = UInt64(1) << UInt64(stackPointer) | 1 << UInt64(architecture.framePointerRegister)
    var isCopied = false
    var replacing: UInt64?
    for instruction in investigation.disassembler.instructions(from: start, code, count: 16_384) {
      let reads = instruction.registersRead
      guard instruction.writes(stackPointer) else {
        // A copy that an amount is taken from, and that becomes the stack pointer.
        let written = (0..<32).contains { instruction.writes($0) && $0 != architecture.framePointerRegister }
        let isPlain = instruction.kind == .other && instruction.accesses.isEmpty
        if isPlain, written, reads & (1 << UInt64(stackPointer)) != 0 { isCopied = true }
        continue
      }
      switch instruction.kind {
      case .push, .call, .return, .stackAllocation, .systemCall, .jump: continue
      default: break
      }
      let isMove = instruction.mnemonic == "mov" || instruction.mnemonic == "xchg"
      let others = reads & ~own
      if instruction.mnemonic == "sub" || instruction.mnemonic == "add" || instruction.mnemonic == "and" {
        if others != 0 || !instruction.accesses.isEmpty {
          self = .dynamic
          return
        }
      } else if isMove, others != 0 {
        if isCopied {
          self = .dynamic
          return
        }
        replacing = replacing ?? instruction.address
      } else if instruction.mnemonic == "pop", instruction.operands == "rsp" {
        replacing = replacing ?? instruction.address
      }
    }
    self = replacing.map { .replaced($0) } ?? .constant
  }
}

extension Frame {
  /// The first instruction of the frame's function: by call frame information, or by its symbol; nil where neither
  /// tells, or it lies behind where the frame stands.
  func start(in investigation: Investigation) -> UInt64? {
    let start =
      functionStart != 0 ? functionStart : investigation.names.resolve([lookupAddress]).first?.symbol?.address
    return start.flatMap { $0 <= pc ? $0 : nil }
  }

  /// How the frame's function moved the stack pointer until it came to where it stands; nil where that is not known.
  func moves(in investigation: Investigation) -> StackPointerMoves? {
    start(in: investigation).flatMap { StackPointerMoves(from: $0, to: pc, in: investigation) }
  }
}
