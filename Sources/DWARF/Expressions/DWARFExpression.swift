public import Bytes

/// What an expression may ask of the frame it is evaluated in.
public protocol ExpressionContext {
  /// The register with DWARF number `number`; nil where it is not known.
  func register(_ number: UInt64) -> UInt64?
  /// `size` bytes (1, 2, 4 or 8) of the target's memory as an unsigned number; nil where they cannot be read.
  func memory(at address: UInt64, size: Int) -> UInt64?
}

/// A DWARF expression as call frame information uses it: everything of DWARF 5, section 2.5.1, that section
/// 6.4.2 does not forbid there.
public struct DWARFExpression: Sendable {
  /// The most operations of one expression: bounds loops that jump backwards. Compilers write a dozen.
  public static let maximumSteps = 1000

  /// Its operations, one behind the other.
  public let bytes: ByteView

  public init(_ bytes: ByteView) { self.bytes = bytes }

  /// The value on top of the stack at the end.
  ///
  /// - Parameters:
  ///   - initial: what the stack begins with: nothing for a CFA, the CFA for a register.
  ///   - budget: how many more operations may be run in all by whoever evaluates many expressions; lessened by
  ///     what this one takes.
  public func evaluate(
    initial: UInt64?, in context: some ExpressionContext, budget: inout Int
  ) throws(ExpressionError) -> UInt64 {
    var machine = ExpressionMachine()
    if let initial { try machine.stack.push(initial, 0) }
    var cursor = Cursor(bytes.span)
    var steps = 0
    defer { budget -= steps }
    while !cursor.isAtEnd {
      guard steps < Self.maximumSteps, steps < budget else { throw .tooManySteps }
      steps += 1
      let offset = cursor.offset
      do {
        try machine.step(&cursor, context)
      } catch let error as ExpressionError {
        throw error
      } catch {
        throw .truncated(offset: offset)
      }
    }
    return try machine.stack.pop(bytes.count)
  }
}

/// The state of an expression between two operations.
private struct ExpressionMachine {
  var stack = ExpressionStack()

  /// Runs one operation (DWARF 5, sections 2.5.1 and 7.7.1).
  ///
  /// - Throws: ``ExpressionError``, or ``ByteError`` where the expression ends within the operation.
  mutating func step(_ cursor: inout Cursor, _ context: some ExpressionContext) throws {
    let offset = cursor.offset
    let opcode = try cursor.u8()
    switch opcode {
    case 0x03, 0x08...0x11: try stack.push(try constant(opcode, &cursor), offset)
    case 0x06, 0x94: try dereference(opcode, &cursor, context)
    case 0x12...0x17: try rearrange(opcode, &cursor)
    case 0x19, 0x1f, 0x20, 0x23:
      try stack.push(try unary(opcode, try stack.pop(offset), &cursor), offset)
    case 0x1a...0x1e, 0x21, 0x22, 0x24...0x27, 0x29...0x2e:
      let right = try stack.pop(offset)
      let left = try stack.pop(offset)
      try stack.push(try binary(opcode, left, right, offset), offset)
    case 0x28:  // DW_OP_bra
      let distance = try cursor.read(Int16.self)
      if try stack.pop(offset) != 0 { try jump(distance, &cursor) }
    case 0x2f: try jump(try cursor.read(Int16.self), &cursor)  // DW_OP_skip
    case 0x30...0x4f: try stack.push(UInt64(opcode - 0x30), offset)  // DW_OP_lit0...
    case 0x70...0x8f: try pushRegister(UInt64(opcode - 0x70), &cursor, context, offset)  // DW_OP_breg0...
    case 0x92: try pushRegister(try cursor.uleb128(), &cursor, context, offset)  // DW_OP_bregx
    case 0x96: break  // DW_OP_nop
    default: throw ExpressionError.unsupportedOperation(opcode, offset: offset)
    }
  }

  /// DW_OP_addr and DW_OP_const*.
  private func constant(_ opcode: UInt8, _ cursor: inout Cursor) throws(ByteError) -> UInt64 {
    switch opcode {
    case 0x08: UInt64(try cursor.u8())
    case 0x09: UInt64(bitPattern: Int64(try cursor.read(Int8.self)))
    case 0x0a: UInt64(try cursor.u16())
    case 0x0b: UInt64(bitPattern: Int64(try cursor.read(Int16.self)))
    case 0x0c: UInt64(try cursor.u32())
    case 0x0d: UInt64(bitPattern: Int64(try cursor.read(Int32.self)))
    case 0x10: try cursor.uleb128()
    case 0x11: UInt64(bitPattern: try cursor.sleb128())
    default: try cursor.u64()  // addr, const8u, const8s
    }
  }

  /// DW_OP_deref and DW_OP_deref_size.
  private mutating func dereference(
    _ opcode: UInt8, _ cursor: inout Cursor, _ context: some ExpressionContext
  ) throws {
    let offset = cursor.offset - 1
    let size = opcode == 0x06 ? 8 : Int(try cursor.u8())
    guard size == 1 || size == 2 || size == 4 || size == 8 else {
      throw ExpressionError.unsupportedOperation(opcode, offset: offset)
    }
    let address = try stack.pop(offset)
    guard let value = context.memory(at: address, size: size) else {
      throw ExpressionError.unreadable(address: address)
    }
    try stack.push(value, offset)
  }

  /// DW_OP_dup, drop, over, pick, swap, rot.
  private mutating func rearrange(_ opcode: UInt8, _ cursor: inout Cursor) throws {
    let offset = cursor.offset - 1
    switch opcode {
    case 0x12: try stack.push(try stack.peek(0, offset), offset)
    case 0x13: _ = try stack.pop(offset)
    case 0x14: try stack.push(try stack.peek(1, offset), offset)
    case 0x15:
      let depth = Int(try cursor.u8())
      try stack.push(try stack.peek(depth, offset), offset)
    case 0x16:
      let top = try stack.pop(offset)
      let below = try stack.pop(offset)
      try stack.push(top, offset)
      try stack.push(below, offset)
    default: try stack.rotate(offset)
    }
  }

  /// DW_OP_abs, neg, not, plus_uconst. Arithmetic is modulo 2^64.
  private func unary(_ opcode: UInt8, _ value: UInt64, _ cursor: inout Cursor) throws(ByteError) -> UInt64 {
    switch opcode {
    case 0x19: Int64(bitPattern: value).magnitude
    case 0x1f: 0 &- value
    case 0x20: ~value
    default: value &+ (try cursor.uleb128())
    }
  }

  /// Operations of two values. Division and comparison are signed, as DWARF 5, section 2.5.1.4, has it;
  /// DW_OP_mod is unsigned.
  private func binary(
    _ opcode: UInt8, _ left: UInt64, _ right: UInt64, _ offset: Int
  ) throws(ExpressionError) -> UInt64 {
    let (a, b) = (Int64(bitPattern: left), Int64(bitPattern: right))
    switch opcode {
    case 0x1a: return left & right
    case 0x1b:
      guard b != 0 else { throw .divisionByZero(offset: offset) }
      return UInt64(bitPattern: a.dividedReportingOverflow(by: b).partialValue)
    case 0x1c: return left &- right
    case 0x1d:
      guard right != 0 else { throw .divisionByZero(offset: offset) }
      return left % right
    case 0x1e: return left &* right
    case 0x21: return left | right
    case 0x22: return left &+ right
    case 0x24: return left << right
    case 0x25: return left >> right
    case 0x26: return UInt64(bitPattern: a >> right)
    case 0x27: return left ^ right
    case 0x29: return a == b ? 1 : 0
    case 0x2a: return a >= b ? 1 : 0
    case 0x2b: return a > b ? 1 : 0
    case 0x2c: return a <= b ? 1 : 0
    case 0x2d: return a < b ? 1 : 0
    case 0x2e: return a != b ? 1 : 0
    default: throw .unsupportedOperation(opcode, offset: offset)
    }
  }

  private mutating func pushRegister(
    _ number: UInt64, _ cursor: inout Cursor, _ context: some ExpressionContext, _ offset: Int
  ) throws {
    let displacement = try cursor.sleb128()
    guard let value = context.register(number) else { throw ExpressionError.unknownRegister(number) }
    try stack.push(value &+ UInt64(bitPattern: displacement), offset)
  }

  private func jump(_ distance: Int16, _ cursor: inout Cursor) throws {
    let offset = cursor.offset
    do {
      try cursor.seek(to: offset + Int(distance))
    } catch {
      throw ExpressionError.jumpOutside(offset: offset)
    }
  }
}
