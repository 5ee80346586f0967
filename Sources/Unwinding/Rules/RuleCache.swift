/// Rules by address, in a direct-mapped table: a rule that collides with another replaces it.
struct RuleCache {
  private static let bits: UInt64 = 13
  private var slots = [UnwindRule](repeating: UnwindRule(), count: 1 << Int(bits))
  /// Rules that did not fit into a slot. They are dropped all at once, with the slots that refer to them.
  private(set) var fullRules: [FullRule] = []
  private static let maximumFullRules = 1024

  /// The slot that a rule for `pc` is kept in.
  @inline(__always)
  static func index(_ pc: UInt64, _ isExact: Bool) -> Int {
    let hash = ((pc << 1) | (isExact ? 1 : 0)) &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: hash >> (64 - bits))
  }

  /// The rule for `pc`; of kind `empty` where it is not here.
  @inline(__always)
  func rule(_ pc: UInt64, _ isExact: Bool) -> UnwindRule {
    let rule = slots[Self.index(pc, isExact)]
    return rule.pc == pc && rule.isExact == isExact ? rule : UnwindRule()
  }

  mutating func insert(_ rule: UnwindRule) {
    slots[Self.index(rule.pc, rule.isExact)] = rule
  }

  /// Keeps a rule that no slot can hold.
  ///
  /// - Returns: its index in ``fullRules``.
  mutating func insert(_ rule: FullRule) -> Int32 {
    if fullRules.count >= Self.maximumFullRules {
      fullRules.removeAll(keepingCapacity: true)
      for index in slots.indices where slots[index].kind == .full { slots[index] = UnwindRule() }
    }
    fullRules.append(rule)
    return Int32(fullRules.count - 1)
  }
}
