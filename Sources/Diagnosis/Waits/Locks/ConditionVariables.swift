internal import Machine

/// `pthread_cond_t` of glibc.
///
/// The word that a thread sleeps on lies within it: in one of two groups (`__g_signals`: glibc 2.25 to 2.40 at 40 and 44,
/// 2.41 and later at 32 and 36), or at 4 before 2.25.
enum ConditionVariables {
  /// - Parameters:
  ///   - word: the address in the target that the thread sleeps on.
  ///   - pointers: what the registers of the innermost frames hold.
  ///   - stack: the stack of the waiting function, where it keeps what it needs to clean up after a cancellation: the
  ///     condition variable and, behind it, the mutex (`struct _condvar_cleanup_buffer`).
  static func variable(
    word: UInt64, pointers: Set<UInt64>, stack: Range<UInt64>, _ memory: any TargetMemory
  ) -> WaitObject? {
    for offset in [40, 44, 32, 36, 4] as [UInt64] {
      let start = word &- offset
      guard start % 4 == 0, memory.read(start, 48) != nil else { continue }
      let mutex = mutex(behind: start, stack, memory)
      guard mutex != nil || pointers.contains(start) else { continue }
      return WaitObject(
        "condition-variable", at: start, size: 48, name: "condition variable",
        state: mutex.map { "the thread takes mutex \(hex($0)) again when it wakes" } ?? "", isHeld: true, mutex: mutex)
    }
    return nil
  }

  /// The mutex whose address stands behind that of the condition variable.
  private static func mutex(behind variable: UInt64, _ stack: Range<UInt64>, _ memory: any TargetMemory) -> UInt64? {
    var address = (stack.lowerBound + 7) & ~7
    guard let window = memory.window(containing: address) else { return nil }
    while address < stack.upperBound {
      defer { address += 8 }
      guard window.load(UInt64.self, at: address) == variable, let mutex = window.load(UInt64.self, at: address + 8),
        mutex != 0, Mutexes.mutex(at: mutex, memory) != nil
      else { continue }
      return mutex
    }
    return nil
  }
}
