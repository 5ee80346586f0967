internal import DWARF
internal import Machine

/// A row of call frame information with all that it needs, for rules that are more than fixed offsets:
/// expressions, registers saved in registers, signal frames.
struct FullRule {
  let row: CallFrameRow
  let section: CallFrameSection
  let returnAddressRegister: Int
  let isSignalFrame: Bool

  /// Why a rule could not be applied.
  enum Failure: Error {
    /// The target's memory at this address cannot be read.
    case unreadable(UInt64)
    /// A register that is needed is not known, or the rule makes no sense.
    case noValue
  }

  /// What applying a rule gives.
  struct Outcome {
    let cfa: UInt64
    /// The caller's registers, its instruction pointer left out.
    var registers: RegisterSet
    /// nil where call frame information says that there is none.
    let returnAddress: UInt64?
  }

  /// The registers of the caller of a frame that has `registers`.
  ///
  /// - Parameter budget: how many more operations of expressions may be run.
  func apply(
    to registers: RegisterSet, _ architecture: Architecture, _ memory: any TargetMemory, budget: inout Int
  ) throws(Failure) -> Outcome {
    let context = FrameContext(registers: registers, memory: memory)
    let cfa = try canonicalFrameAddress(context, &budget)
    var caller = RegisterSet()
    for number in 0..<RegisterSet.capacity where number != returnAddressRegister {
      let rule = row[number]
      if number == architecture.stackPointerRegister {
        caller[number] = cfa
        if case .unspecified = rule { continue }
        if case .sameValue = rule { continue }
      }
      if case .unspecified = rule {
        caller[number] = architecture.isCalleeSaved(number) || isSignalFrame ? registers[number] : nil
      } else {
        caller[number] = try value(rule, number, cfa, context, &budget)
      }
    }
    let returnAddress = try returnAddress(cfa, context, architecture, &budget)
    caller[architecture.instructionPointerRegister] = nil
    return Outcome(cfa: cfa, registers: caller, returnAddress: returnAddress)
  }

  private func canonicalFrameAddress(_ context: FrameContext, _ budget: inout Int) throws(Failure) -> UInt64 {
    switch row.cfa {
    case .undefined: throw .noValue
    case .registerAndOffset(let register, let offset):
      guard let base = context.register(register) else { throw .noValue }
      return base &+ UInt64(bitPattern: offset)
    case .expression(let location): return try evaluate(location, initial: nil, context, &budget)
    }
  }

  private func returnAddress(
    _ cfa: UInt64, _ context: FrameContext, _ architecture: Architecture, _ budget: inout Int
  ) throws(Failure) -> UInt64? {
    let rule = row[returnAddressRegister]
    switch rule {
    case .undefined: return nil
    case .unspecified, .sameValue:
      // Still in the link register; x86-64 has none.
      guard let link = architecture.linkRegister, let value = context.registers[link] else { throw .noValue }
      return value
    default:
      guard let value = try value(rule, returnAddressRegister, cfa, context, &budget) else { throw .noValue }
      return value
    }
  }

  private func value(
    _ rule: RegisterRule, _ number: Int, _ cfa: UInt64, _ context: FrameContext, _ budget: inout Int
  ) throws(Failure) -> UInt64? {
    switch rule {
    case .unspecified, .sameValue: return context.registers[number]
    case .undefined: return nil
    case .offset(let offset): return try context.word(cfa &+ UInt64(bitPattern: offset))
    case .valueOffset(let offset): return cfa &+ UInt64(bitPattern: offset)
    case .register(let source): return context.registers[Int(source)]
    case .expression(let location): return try context.word(try evaluate(location, initial: cfa, context, &budget))
    case .valueExpression(let location): return try evaluate(location, initial: cfa, context, &budget)
    }
  }

  private func evaluate(
    _ location: ExpressionLocation, initial: UInt64?, _ context: FrameContext, _ budget: inout Int
  ) throws(Failure) -> UInt64 {
    guard let bytes = section.expression(location) else { throw .noValue }
    do {
      return try DWARFExpression(bytes).evaluate(initial: initial, in: context, budget: &budget)
    } catch .unreadable(let address) {
      throw .unreadable(address)
    } catch {
      throw .noValue
    }
  }
}

/// A frame as expressions see it.
struct FrameContext: ExpressionContext {
  let registers: RegisterSet
  let memory: any TargetMemory

  func register(_ number: UInt64) -> UInt64? { Int(exactly: number).flatMap { registers[$0] } }

  func memory(at address: UInt64, size: Int) -> UInt64? {
    switch size {
    case 1: memory.load(UInt8.self, at: address).map(UInt64.init)
    case 2: memory.load(UInt16.self, at: address).map(UInt64.init)
    case 4: memory.load(UInt32.self, at: address).map(UInt64.init)
    default: memory.word(at: address)
    }
  }

  /// The word at `address`.
  func word(_ address: UInt64) throws(FullRule.Failure) -> UInt64 {
    guard let value = memory.word(at: address) else { throw .unreadable(address) }
    return value
  }
}
