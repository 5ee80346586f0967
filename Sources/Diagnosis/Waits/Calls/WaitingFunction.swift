internal import Machine
internal import Unwinding

/// Which library function a thread waits in, as the names on its stack tell; it decides what its futex may be.
enum WaitingFunction: Sendable {
  case mutex
  /// A lock inside of libc, one word (`lll_lock`, musl's `__lock`).
  case internalLock
  /// The lock of a stdio stream, where its function says so (musl's `__lockfile`).
  case streamLock
  case readWriteLock
  case conditionVariable
  case semaphore
  /// CPython's own locks, which are semaphores: threading.Lock, and all that is built on it.
  case pythonLock
  case barrier
  case join
  case once
  /// The first use of a `static` of C++ (`__cxa_guard_acquire`).
  case initializer
  case rustMutex
  case rustReadWriteLock
  case rustCondition
  case rustOnce
  case park
  case dispatchOnce
  case dispatchLock
  case dispatchQueue
  /// std::atomic::wait, std::latch, std::barrier, std::counting_semaphore, std::future of libstdc++.
  case atomic
  case goFutex
  /// Only that a futex waits.
  case futex

  /// How many frames are looked at: none of these lies further from its system call.
  static let deepest = 14

  /// The function by the name that a symbol table has for it; nil for any other.
  ///
  /// `isFinal` is false for those that functions with a clearer name may call.
  static func of(_ raw: String) -> (role: WaitingFunction, isFinal: Bool)? {
    guard !raw.isEmpty else { return nil }
    if raw.hasPrefix("_ZN") || raw.hasPrefix("_R") || raw.hasPrefix("$s") || raw.hasPrefix("_ZS") {
      return ofMangled(raw).map { ($0, true) }
    }
    var name = Substring(raw).drop { $0 == "_" }
    if name.hasPrefix("GI_") { name = name.dropFirst(3).drop { $0 == "_" } }
    if let suffix = name.firstIndex(of: "."), suffix != name.startIndex, name.hasPrefix("do_futex_wait") {
      name = name[..<suffix]
    }
    if let exact = exact[String(name)] { return (exact, true) }
    for (prefix, role) in prefixes where name.hasPrefix(prefix) { return (role, true) }
    if name == "lll_lock_wait_private" { return (.internalLock, false) }
    if name == "lll_lock_wait" || name.hasPrefix("futex_") || name == "timedwait" || name == "timedwait_cp"
      || name == "syscall_cp_asm" || name == "syscall_cp_c" || name == "syscall_cp" || name == "wait"
      || name == "futex4_cp" || name == "lll_clocklock_wait" || name == "lll_timedlock_wait"
    {
      return (.futex, false)
    }
    return nil
  }

  private static let exact: [String: WaitingFunction] = [
    "sem_wait": .semaphore, "sem_timedwait": .semaphore, "sem_clockwait": .semaphore, "do_futex_wait": .semaphore,
    "lockfile": .streamLock, "lock": .internalLock, "tl_lock": .internalLock,
    "cxa_guard_acquire": .initializer, "lll_wait_tid": .join,
    "dispatch_once_wait": .dispatchOnce, "dispatch_once_f": .dispatchOnce,
    "dispatch_unfair_lock_lock_slow": .dispatchLock,
    "DISPATCH_WAIT_FOR_QUEUE": .dispatchQueue, "dispatch_thread_event_wait_slow": .dispatchQueue,
    "runtime.futex": .goFutex, "runtime.futex.abi0": .goFutex, "runtime.futexsleep": .goFutex,
  ]

  private static let prefixes: [(String, WaitingFunction)] = [
    ("pthread_mutex_", .mutex), ("pthread_rwlock_", .readWriteLock), ("pthread_cond_", .conditionVariable),
    ("pthread_barrier_wait", .barrier), ("pthread_join", .join), ("pthread_timedjoin", .join),
    ("pthread_clockjoin", .join), ("pthread_once", .once), ("new_sem_", .semaphore), ("old_sem_", .semaphore),
    ("mtx_", .mutex), ("cnd_", .conditionVariable), ("rtld_lock_lock", .mutex),
  ]

  private static func ofMangled(_ raw: String) -> WaitingFunction? {
    if raw.contains("14lock_contended") { return .rustMutex }
    if raw.contains("14read_contended") || raw.contains("15write_contended") { return .rustReadWriteLock }
    if raw.contains("7Condvar"), raw.contains("4wait") || raw.contains("wait_optional_timeout") {
      return raw.contains("futex") ? .rustCondition : nil
    }
    if raw.contains("4once"), raw.contains("5futex"), raw.contains("4call") || raw.contains("4wait") {
      return .rustOnce
    }
    // The parker's own function, or std::thread::park, which it is mostly inlined into.
    if raw.contains("6Parker") || raw.contains("3std6thread"), raw.contains("4park") || raw.contains("12park_timeout") {
      return .park
    }
    if raw.contains("__atomic_wait") || raw.contains("__platform_wait") || raw.contains("_M_load_and_test_until")
      || raw.contains("__waiter_pool") || raw.contains("_M_futex_wait_until")
    {
      return .atomic
    }
    return nil
  }
}
