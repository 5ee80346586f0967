/// The stack of a DWARF expression: 64-bit values, bounded, without allocation.
struct ExpressionStack {
  /// Compilers use a handful.
  static let capacity = 64

  private var values = InlineArray<64, UInt64>(repeating: 0)
  private(set) var count = 0

  mutating func push(_ value: UInt64, _ offset: Int) throws(ExpressionError) {
    guard count < Self.capacity else { throw .stackOverflow(offset: offset) }
    values[count] = value
    count += 1
  }

  mutating func pop(_ offset: Int) throws(ExpressionError) -> UInt64 {
    guard count > 0 else { throw .stackUnderflow(offset: offset) }
    count -= 1
    return values[count]
  }

  /// The value that lies `depth` below the top.
  func peek(_ depth: Int, _ offset: Int) throws(ExpressionError) -> UInt64 {
    guard depth >= 0, depth < count else { throw .stackUnderflow(offset: offset) }
    return values[count - 1 - depth]
  }

  /// DW_OP_rot: the top goes below the two values under it.
  mutating func rotate(_ offset: Int) throws(ExpressionError) {
    let first = try pop(offset)
    let second = try pop(offset)
    let third = try pop(offset)
    try push(first, offset)
    try push(third, offset)
    try push(second, offset)
  }
}
