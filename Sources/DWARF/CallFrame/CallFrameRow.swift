/// Where the bytes of a DWARF expression lie in the section that its rule came from.
public struct ExpressionLocation: Sendable, Equatable {
  public let offset: UInt32
  public let count: UInt32

  /// nil where either number is.
  init?(offset: UInt32?, count: UInt32?) {
    guard let offset, let count else { return nil }
    self.offset = offset
    self.count = count
  }
}

/// How the canonical frame address is computed (DWARF 5, section 6.4.1).
public enum CFARule: Sendable, Equatable {
  /// No instruction has defined it.
  case undefined
  case registerAndOffset(register: UInt64, offset: Int64)
  case expression(ExpressionLocation)
}

/// How the caller's value of a register is found (DWARF 5, section 6.4.1).
public enum RegisterRule: Sendable, Equatable {
  /// No instruction speaks of it: the ABI decides whether the callee preserves it.
  case unspecified
  /// It cannot be recovered. For the return address: there is no caller.
  case undefined
  case sameValue
  /// Saved at CFA + offset.
  case offset(Int64)
  /// Is CFA + offset.
  case valueOffset(Int64)
  /// Saved in another register.
  case register(UInt8)
  /// Saved at the address that the expression computes from the CFA.
  case expression(ExpressionLocation)
  /// Is what the expression computes from the CFA.
  case valueExpression(ExpressionLocation)
}

/// The rules that hold at one address of a function: a row of the table of DWARF 5, section 6.4.1.
public struct CallFrameRow: Sendable {
  /// More than the highest register number whose rules are kept. Rules for others are read past: no general
  /// register of x86-64 or aarch64 is among them.
  public static let registerCount = 35
  /// How many rows DW_CFA_remember_state may stack. Compilers nest one or two deep.
  public static let maximumRememberedStates = 64

  /// How the CFA is computed.
  public internal(set) var cfa = CFARule.undefined
  /// Whether the return address is signed here (aarch64, bit 0 of RA_SIGN_STATE).
  public internal(set) var returnAddressIsSigned = false
  var rules = InlineArray<35, RegisterRule>(repeating: .unspecified)

  /// The rule for the register with DWARF number `register`.
  public subscript(register: Int) -> RegisterRule {
    get { register >= 0 && register < Self.registerCount ? rules[register] : .unspecified }
    set { if register >= 0 && register < Self.registerCount { rules[register] = newValue } }
  }

  /// No rule at all.
  init() {}
}
