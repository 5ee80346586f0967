/// The operations of futex(2), without their flags (include/uapi/linux/futex.h).
enum FutexOperation {
  static let wait: UInt64 = 0
  static let requeue: UInt64 = 3
  static let compareRequeue: UInt64 = 4
  static let wakeOperation: UInt64 = 5
  static let waitBits: UInt64 = 9
  static let wakeBits: UInt64 = 10
  static let waitRequeue: UInt64 = 11
  static let compareRequeueInherited: UInt64 = 12

  /// Those whose fourth argument is a time: FUTEX_WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2.
  static func takesTime(_ operation: UInt64) -> Bool { [0, 6, 9, 11, 13].contains(operation & 0x7f) }
}

extension CallDecoder {
  mutating func appendFutexOperation(_ value: UInt64) {
    let operation = value & 0x7f
    let flags = value & 0xffff_ffff & ~0x7f
    table.constants["futex"].appendOne(operation, to: &text)
    if flags != 0 {
      text.append("|")
      table.constants["futexFlags"].appendFlags(flags, to: &text)
    }
  }

  /// The fourth argument: a time, or a second number.
  mutating func appendFutexTimeout(_ value: UInt64) {
    if FutexOperation.takesTime(call.argument(1)) {
      appendMemory(value, .structure(.timespec), .entry)
    } else {
      text.append(decimal: value & 0xffff_ffff)
    }
  }

  /// How many of the six arguments the operation uses.
  var futexArgumentCount: Int {
    switch call.argument(1) & 0x7f {
    case 0: 4
    case 1, 2: 3
    case 3: 5
    case 4, 5, 9, 11, 12: 6
    case 6, 13: 4
    case 7, 8: 2
    case 10: 6
    default: 6
    }
  }
}
