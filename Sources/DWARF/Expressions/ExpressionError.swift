/// Why a DWARF expression has no value. Offsets count from the first byte of the expression.
public enum ExpressionError: Error, Equatable {
  /// The expression ends within an operation.
  case truncated(offset: Int)
  /// An operation is unknown, or not allowed where it stands (DWARF 5, section 6.4.2).
  case unsupportedOperation(UInt8, offset: Int)
  /// An operation needs more values than there are.
  case stackUnderflow(offset: Int)
  /// More than ``ExpressionStack/capacity`` values.
  case stackOverflow(offset: Int)
  /// A jump leaves the expression.
  case jumpOutside(offset: Int)
  /// More than ``DWARFExpression/maximumSteps`` operations, or more than the caller's budget allows.
  case tooManySteps
  case divisionByZero(offset: Int)
  /// The value of the register is not known.
  case unknownRegister(UInt64)
  /// The target's memory at this address cannot be read.
  case unreadable(address: UInt64)
}
