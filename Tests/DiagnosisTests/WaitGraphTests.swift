import Testing

@testable import Diagnosis

@Suite struct WaitGraphTests {
  @Test(
    "circles are found once each, whatever leads into them",
    arguments: [
      ([], []), ([nil, nil], []), ([0], [[0]]), ([1, 0], [[0, 1]]), ([1, 2, 0], [[0, 1, 2]]),
      // Two lead into a circle of two; a chain ends in nothing.
      ([1, 2, 1, 0, nil, 4], [[1, 2]]), ([1, 0, 3, 2], [[0, 1], [2, 3]]),
      // An index that no thread has.
      ([7, 0], []), ([-1], []),
    ] as [([Int?], [[Int]])])
  func circles(_ next: [Int?], _ expected: [[Int]]) {
    #expect(WaitGraph.cycles(next) == expected)
  }

  @Test("a million threads in one circle, and a million that lead into it, take no recursion and little time")
  func large() {
    let count = 1_000_000
    let next: [Int?] =
      (0..<count).map { ($0 + 1) % count } + (0..<count).map { count + $0 == count ? 0 : count + $0 - 1 }
    let clock = ContinuousClock()
    var cycles: [[Int]] = []
    let time = clock.measure { cycles = WaitGraph.cycles(next) }
    #expect(cycles.count == 1 && cycles[0].count == count)
    #expect(time < .seconds(20))
  }

  @Test(
    "the waiting function is told from symbols' names",
    arguments: [
      (["__GI___lll_lock_wait", "pthread_mutex_lock", "main"], WaitingFunction.mutex),
      (["__futex_abstimed_wait_common", "pthread_cond_wait", "main"], .conditionVariable),
      (["__lll_lock_wait_private", "malloc", "main"], .internalLock),
      (["__futex_abstimed_wait_common", "__pthread_clockjoin_ex", "main"], .join),
      (["_ZN3std3sys4sync5mutex5futex5Mutex14lock_contended17h0123456789abcdefE", "main"], .rustMutex),
      (["syscall", "__cxa_guard_acquire", "main"], .initializer),
      (
        ["__futex_abstimed_wait_common", "__new_sem_wait_slow64.constprop.0", "PyThread_acquire_lock_timed"],
        .pythonLock
      ),
      (["__futex_abstimed_wait_common", "__new_sem_wait_slow64.constprop.0", "main"], .semaphore),
      (["my_own_lock", "lockdown", "main"], .futex), (["", "", ""], .futex), ([], .futex),
    ] as [([String], WaitingFunction)])
  func functions(_ names: [String], _ expected: WaitingFunction) {
    #expect(WaitSite.site(names).role == expected)
  }

  @Test(
    "what takes a lock, gives it back, or does neither is told by its name",
    arguments: [
      ("pthread_mutex_lock", true), ("pthread_rwlock_rdlock", true), ("__GI___pthread_rwlock_wrlock", true),
      ("std::mutex::lock", true), ("std::lock_guard<std::mutex>::lock_guard", true),
      ("std::shared_mutex::lock_shared", true),
      ("flockfile", true), ("__cxa_guard_acquire", true), ("pthread_mutex_unlock", false),
      ("pthread_rwlock_init", false),
      ("pthread_mutex_destroy", false), ("std::unique_lock<std::mutex>::~unique_lock", false),
      ("__cxa_guard_release", false),
      ("funlockfile", false), ("pthread_mutex_trylock", nil), ("pthread_mutex_timedlock", nil),
      ("pthread_mutex_clocklock", nil), ("pthread_mutexattr_settype", nil), ("Timer::clock", nil), ("read_block", nil),
      ("usleep", nil),
    ] as [(String, Bool?)])
  func lockingNames(_ name: String, _ expected: Bool?) { #expect(LockSites.takes(name) == expected) }
}

@Suite struct StatementTests {
  @Test(
    "a statement is told from a sentence that begins alike",
    arguments: [
      ("UPDATE stock SET count = count - 1", true), ("update a set x=1 where y", true),
      ("Update a set with the union of itself and others.", false), ("DELETE FROM stock", true),
      ("delete from stock where id = 7", true), ("delete from the archive (not on mag tapes!)", false),
      ("DELETE FROM stock;", true), ("SELECT 1", true), ("select a file from it", false),
    ])
  func sentences(_ text: String, _ expected: Bool) { #expect(SQLStatement.isStatement(text) == expected) }
}
