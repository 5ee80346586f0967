internal import Machine

/// A futex system call that waits (futex(2); Linux include/uapi/linux/futex.h).
struct FutexCall: Sendable {
  /// The address in the target of the 32-bit word; nil where its register no longer holds it.
  let address: UInt64?
  /// The value that the word had to have for the thread to sleep.
  let expected: UInt32
  /// Whether the kernel makes the owner's id part of the word: FUTEX_LOCK_PI, FUTEX_LOCK_PI2.
  let isPriorityInheriting: Bool
  /// Whether only threads of this process can wake it: FUTEX_PRIVATE_FLAG.
  let isPrivate: Bool
  let hasTimeout: Bool

  /// Bits of a word of a priority-inheriting or robust lock: FUTEX_TID_MASK, FUTEX_OWNER_DIED, FUTEX_WAITERS.
  static let threadMask: UInt32 = 0x3fff_ffff
  static let ownerDied: UInt32 = 0x4000_0000
  static let waiters: UInt32 = 0x8000_0000

  /// nil where the call is no futex call that waits.
  init?(_ call: BlockedCall) {
    guard call.name == "futex", let operation = call.arguments[1], let value = call.arguments[2] else { return nil }
    switch operation & 0x7f {
    // FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI.
    case 0, 9, 11: isPriorityInheriting = false
    // FUTEX_LOCK_PI, FUTEX_LOCK_PI2.
    case 6, 13: isPriorityInheriting = true
    default: return nil
    }
    address = call.arguments[0]
    expected = UInt32(truncatingIfNeeded: value)
    isPrivate = operation & 128 != 0
    hasTimeout = call.arguments[3] != 0
  }
}
