/// Rules by address, in a table with two slots for each hash: the rule that came first makes room for the new one.
struct RuleCache {
  private static let bits: UInt64 = 13
  private var slots = [UnwindRule](repeating: UnwindRule(), count: 1 << Int(bits))
  /// Rules that did not fit into a slot. They are dropped all at once, with the slots that refer to them.
  private(set) var fullRules: [FullRule] = []
  private static let maximumFullRules = 1024

  /// The first of the two slots that a rule for `pc` may be kept in; the other one is its neighbour.
  @inline(__always)
  private static func index(_ pc: UInt64, _ isExact: Bool) -> Int {
    let hash = ((pc << 1) | (isExact ? 1 : 0)) &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: hash >> (64 - bits))
  }

  /// The rule for `pc`; of kind `empty` where it is not here.
  @inline(__always)
  func rule(_ pc: UInt64, _ isExact: Bool) -> UnwindRule {
    let index = Self.index(pc, isExact)
    if slots[index].pc == pc && slots[index].isExact == isExact { return slots[index] }
    let second = slots[index ^ 1]
    return second.pc == pc && second.isExact == isExact ? second : UnwindRule()
  }

  /// Keeps a rule in place of the older one of the two that it may replace.
  mutating func insert(_ rule: UnwindRule) {
    let index = Self.index(rule.pc, rule.isExact)
    slots[index ^ 1] = slots[index]
    slots[index] = rule
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
