internal import DWARF
internal import Machine

/// Turns rows of call frame information into rules that can be applied fast.
struct RuleCompiler {
  let architecture: Architecture

  /// The rule of `row`; nil where it takes a ``FullRule``.
  ///
  /// - Parameter returnAddressRegister: the CIE's.
  func fastRule(_ row: CallFrameRow, returnAddressRegister: Int) -> UnwindRule? {
    var rule = UnwindRule()
    rule.kind = .fast
    guard case .registerAndOffset(let register, let offset) = row.cfa, let register = UInt8(exactly: register),
      Int(register) < RegisterSet.capacity, let offset = Int32(exactly: offset)
    else { return nil }
    rule.cfaRegister = register
    rule.cfaOffset = offset
    rule.isSigned = row.returnAddressIsSigned
    for number in 0..<RegisterSet.capacity where number != returnAddressRegister {
      guard add(row[number], number, &rule) else { return nil }
    }
    guard setReturnAddress(row[returnAddressRegister], &rule) else { return nil }
    return rule
  }

  /// - Returns: whether the rule fits.
  private func add(_ registerRule: RegisterRule, _ number: Int, _ rule: inout UnwindRule) -> Bool {
    let isStackPointer = number == architecture.stackPointerRegister
    switch registerRule {
    case .unspecified:
      if architecture.isCalleeSaved(number) { rule.keptRegisters |= 1 << UInt64(number) }
    case .sameValue:
      if !isStackPointer { rule.keptRegisters |= 1 << UInt64(number) }
    case .undefined: return !isStackPointer
    case .offset(let offset):
      let count = Int(rule.savedCount)
      guard !isStackPointer, count < UnwindRule.maximumSaved, let words = Self.words(offset) else { return false }
      rule.savedRegisters[count] = UInt8(number)
      rule.savedOffsets[count] = words
      rule.savedCount += 1
      rule.include(words)
    case .valueOffset(let offset): return isStackPointer && offset == 0
    case .register, .expression, .valueExpression: return false
    }
    return true
  }

  private func setReturnAddress(_ registerRule: RegisterRule, _ rule: inout UnwindRule) -> Bool {
    switch registerRule {
    case .offset(let offset):
      guard let words = Self.words(offset) else { return false }
      rule.returnAddress = .saved
      rule.returnAddressOffset = words
      rule.include(words)
    case .unspecified, .sameValue:
      guard architecture.linkRegister != nil else { return false }
      rule.returnAddress = .linkRegister
    case .undefined: rule.returnAddress = .undefined
    case .valueOffset, .register, .expression, .valueExpression: return false
    }
    return true
  }

  /// A byte offset in units of 8 bytes; nil where it is no small multiple of 8.
  private static func words(_ offset: Int64) -> Int16? {
    offset % 8 == 0 ? Int16(exactly: offset / 8) : nil
  }
}

extension UnwindRule {
  /// Widens the range of what is read to a word at `words` from the CFA.
  fileprivate mutating func include(_ words: Int16) {
    lowestOffset = min(lowestOffset, Int32(words) * 8)
    highestOffset = max(highestOffset, Int32(words) * 8 + 8)
  }
}
