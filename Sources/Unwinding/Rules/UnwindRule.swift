/// What to do at one address of code, small enough to be kept by the thousand and applied without a thought.
struct UnwindRule {
  enum Kind: UInt8 {
    /// No address has been looked up here yet.
    case empty
    /// The CFA is a register and an offset, and what is saved lies at fixed offsets from it.
    case fast
    /// A ``FullRule`` of call frame information, at ``fullRuleIndex``.
    case full
    /// A signal trampoline, known by its instructions.
    case signalTrampoline
    /// Code without call frame information.
    case noInformation
    /// Not code.
    case notCode
  }

  /// Where the return address is.
  enum ReturnAddress: UInt8 {
    /// At CFA + ``returnAddressOffset``.
    case saved
    /// In the link register.
    case linkRegister
    /// Nowhere: this is the outermost frame.
    case undefined
  }

  /// The most registers that a fast rule restores: x19 to x29 on aarch64.
  static let maximumSaved = 12

  /// The instruction pointer that this rule is for.
  var pc: UInt64 = 0
  /// The first address of its function as call frame information has it, or 0.
  var functionStart: UInt64 = 0
  /// One bit for each register that has the same value in the caller.
  var keptRegisters: UInt64 = 0
  var cfaOffset: Int32 = 0
  /// The lowest and highest offset from the CFA of anything saved, in bytes.
  var lowestOffset: Int32 = 0
  var highestOffset: Int32 = 0
  var fullRuleIndex: Int32 = 0
  /// In units of 8 bytes from the CFA.
  var returnAddressOffset: Int16 = 0
  var kind = Kind.empty
  /// Whether ``pc`` is exact; a return address is looked up at one less.
  var isExact = false
  var cfaRegister: UInt8 = 0
  var returnAddress = ReturnAddress.saved
  /// Whether the return address carries a pointer authentication code.
  var isSigned = false
  var savedCount: UInt8 = 0
  var savedRegisters = InlineArray<12, UInt8>(repeating: 0)
  /// In units of 8 bytes from the CFA.
  var savedOffsets = InlineArray<12, Int16>(repeating: 0)
}
