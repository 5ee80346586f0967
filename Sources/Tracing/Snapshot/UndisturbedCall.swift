internal import Processes

/// System calls that an interruption ends with EINTR, which the kernel does not begin anew: epoll_wait and the like
/// (signal(7), "Interruption of system calls and library functions by stop signals"). A program sees that somebody looked
/// at it, and some take it for an error.
///
/// A call that waits without a limit of time is as good as one that has just begun: so it is begun anew. One with a limit is
/// left alone: it would wait longer than it was to.
enum UndisturbedCall {
  /// On x86-64: the number of the call, the word of `struct user_regs_struct` with the argument that limits the time, and
  /// what that is where there is no limit.
  private static let calls: [UInt64: (word: Int, isUnlimited: @Sendable (UInt64) -> Bool)] = [
    65: (12, { _ in true }),  // semop
    128: (12, { $0 == 0 }),  // rt_sigtimedwait: rdx
    208: (9, { $0 == 0 }),  // io_getevents: r8
    220: (7, { $0 == 0 }),  // semtimedop: r10
    232: (7, { Int32(truncatingIfNeeded: $0) < 0 }),  // epoll_wait: r10
    281: (7, { Int32(truncatingIfNeeded: $0) < 0 }),  // epoll_pwait: r10
    441: (7, { $0 == 0 }),  // epoll_pwait2: r10
  ]
  private static let result = 10
  private static let number = 15
  private static let counter = 16
  private static let interrupted = UInt64(bitPattern: -4)

  /// The registers with which a thread makes its interrupted call again; nil where it is in no such call.
  static func registers(_ thread: LiveThread) -> [UInt8]? {
    let values = thread.values
    guard values.count > 20, values[result] == interrupted, let call = calls[values[number]],
      call.isUnlimited(values[call.word])
    else { return nil }
    var bytes = thread.registers
    func set(_ word: Int, _ value: UInt64) {
      for shift in 0..<8 { bytes[8 * word + shift] = UInt8(truncatingIfNeeded: value >> UInt64(8 * shift)) }
    }
    set(result, values[number])
    // The instruction `syscall` has two bytes.
    set(counter, values[counter] &- 2)
    return bytes
  }
}
