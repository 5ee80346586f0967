internal import CLinux

/// What is to happen when: times in nanoseconds of a clock that never goes back.
struct SupervisionClock {
  /// When the whole has taken too long.
  private var timeout: UInt64?
  /// How long nobody may have done anything.
  let stall: UInt64?
  /// When it was last looked whether anybody does something, and since when nobody has.
  var nextLook: UInt64
  var idleSince: UInt64
  /// When the tree is ended since nobody heeds Ctrl-C.
  var endsAt: UInt64?
  private var lastInterrupt: UInt64?

  init(_ options: SupervisionOptions, began: UInt64) {
    timeout = options.timeout.map { began &+ $0 &* 1_000_000 }
    stall = options.stall.map { $0 &* 1_000_000 }
    nextLook = began
    idleSince = began
  }

  /// Time in which we stood still ourselves does not count.
  mutating func pause(_ length: UInt64) {
    timeout = timeout.map { $0 &+ length }
    idleSince = idleSince &+ length
  }

  func isTimeOver(_ now: UInt64) -> Bool { timeout.map { now >= $0 } ?? false }
  mutating func forgetTimeout() { timeout = nil }

  /// Ctrl-C: the program has got it, too. Whoever presses it again within a second wants an end, and has it a second
  /// later, however often the key is pressed meanwhile.
  mutating func interrupted(_ now: UInt64) {
    if let lastInterrupt, now &- lastInterrupt < Self.second { endsAt = endsAt ?? now &+ Self.second }
    lastInterrupt = now
  }

  private static let second: UInt64 = 1_000_000_000

  /// How often it is looked whether anybody does something.
  var lookInterval: UInt64 { min(max((stall ?? 0) / 8, 50_000_000), 1_000_000_000) }

  /// Milliseconds until somebody must look at the clock.
  func patience(isGathering: Bool) -> Int {
    let now = inquest_nanoseconds()
    // A signal that comes between the look for it and the wait is seen after this at the latest.
    var next = now &+ 500_000_000
    for moment in [timeout, endsAt, stall == nil ? nil : nextLook].compactMap(\.self) { next = min(next, moment) }
    if isGathering { next = min(next, now &+ 100_000_000) }
    return Int(clamping: (max(next, now) &- now) / 1_000_000 + 1)
  }
}
