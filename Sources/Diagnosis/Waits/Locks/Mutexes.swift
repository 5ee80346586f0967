internal import Bytes
internal import Machine

/// `pthread_mutex_t` of glibc and musl.
///
/// Which of the two it is, its bytes tell: static programs have no library to go by.
enum Mutexes {
  /// The mutex whose lock word lies at `word`; nil where what is there is no mutex that somebody waits for.
  static func mutex(lockWord word: UInt64, _ memory: any TargetMemory) -> WaitObject? {
    glibc(at: word, memory) ?? musl(at: word &- 4, memory)
  }

  /// The mutex that begins at `address`, locked or not; nil where what is there cannot be one.
  static func mutex(at address: UInt64, _ memory: any TargetMemory) -> WaitObject? {
    glibc(at: address, memory, mayBeFree: true) ?? musl(at: address, memory)
  }

  /// glibc 2.3 and later, 64-bit (sysdeps/nptl/bits/struct_mutex.h): lock, count, owner, nusers, kind.
  private static func glibc(at address: UInt64, _ memory: any TargetMemory, mayBeFree: Bool = false) -> WaitObject? {
    guard address % 4 == 0, let bytes = memory.read(address, 24), let lock = bytes.load(UInt32.self, at: 0),
      let count = bytes.load(UInt32.self, at: 4), let owner = bytes.load(Int32.self, at: 8),
      let users = bytes.load(UInt32.self, at: 12), let kind = bytes.load(Int32.self, at: 16),
      kind & ~0x3ff == 0, owner >= 0, owner <= WaitObject.highestThread || owner == inconsistent, users <= 1 << 20
    else { return nil }
    // PTHREAD_MUTEX_ROBUST_NORMAL_NP, PTHREAD_MUTEX_PRIO_INHERIT_NP, PTHREAD_MUTEX_PRIO_PROTECT_NP (pthreadP.h).
    let isRobust = kind & 16 != 0
    let isInheriting = kind & 32 != 0
    let isProtecting = kind & 64 != 0
    let type = kind & 3
    var holder: Int32?
    var isHeld = false
    if isRobust || isInheriting {
      holder = WaitObject.owner(inWord: lock)
      guard let holder else { return mayBeFree && lock == 0 ? free(address, type) : nil }
      // Who takes a robust one after its owner has died is not noted until it has mended what the lock guards.
      guard owner == holder || owner == 0 || owner == inconsistent && isRobust else { return nil }
      isHeld = lock & FutexCall.waiters != 0 && lock & FutexCall.ownerDied == 0 && owner != 0
    } else {
      let word = isProtecting ? lock & 0x7ffff : lock
      guard word <= 2, owner != inconsistent else { return nil }
      if word == 0 { return mayBeFree && owner == 0 ? free(address, type) : nil }
      // The owner is written by whoever has got the lock, and cleared before it is given back.
      if owner != 0 { guard users > 0 else { return nil } }
      holder = owner == 0 ? nil : owner
      isHeld = word == 2 && owner != 0
    }
    // Normal and adaptive mutexes do not count.
    guard type == 1 || count == 0 || isRobust || isInheriting else { return nil }
    let names = ["normal", "recursive", "error-checking", "adaptive"]
    var words = [names[Int(type)]]
    if isRobust { words.append("robust") }
    if isInheriting { words.append("priority-inheriting") }
    if isProtecting { words.append("priority-protecting") }
    let waiters = isRobust || isInheriting ? lock & FutexCall.waiters != 0 : lock == 2
    return WaitObject(
      "mutex", at: address, size: 24, name: "pthread mutex (\(words.joined(separator: ", ")))",
      state: "its lock word is \(hex(UInt64(lock))) (locked\(waiters ? ", with waiters" : "")), its owner "
        + (holder.map { "thread \($0)" } ?? "not set") + (type == 1 ? ", taken \(count) times" : ""),
      owner: holder, isHeld: isHeld, isExclusive: true)
  }

  /// PTHREAD_MUTEX_INCONSISTENT of glibc's nptl/pthreadP.h.
  private static let inconsistent = Int32.max

  private static func free(_ address: UInt64, _ type: Int32) -> WaitObject {
    WaitObject(
      "mutex", at: address, size: 24, name: "pthread mutex", state: "its lock word is 0 (not locked)",
      isExclusive: true)
  }

  /// musl 1.1 and later (src/internal/pthread_impl.h): type, lock, waiters, and the count of a recursive one.
  private static func musl(at address: UInt64, _ memory: any TargetMemory) -> WaitObject? {
    guard address % 4 == 0, let bytes = memory.read(address, 24), let type = bytes.load(UInt32.self, at: 0),
      let lock = bytes.load(UInt32.self, at: 4), let waiters = bytes.load(Int32.self, at: 8),
      type & ~0x8f == 0, type & 3 != 3, waiters >= 1, waiters <= 1 << 22, lock & FutexCall.waiters != 0
    else { return nil }
    // A normal one holds EBUSY instead of an id.
    let isNormal = type & 15 == 0
    guard isNormal == (lock & FutexCall.threadMask == 16) || !isNormal else { return nil }
    let owner = isNormal ? nil : WaitObject.owner(inWord: lock)
    // musl marks all but normal ones when their owner ends, robust or not (src/thread/pthread_create.c).
    let isOrphaned = !isNormal && type & 4 == 0 && lock & FutexCall.ownerDied != 0 && lock & FutexCall.threadMask == 0
    guard isNormal || owner != nil || isOrphaned else { return nil }
    let names = ["normal", "recursive", "error-checking"]
    let robust = type & 4 != 0 ? ", robust" : ""
    var mutex = WaitObject(
      "mutex", at: address, size: 12, name: "pthread mutex of musl (\(names[Int(type & 3)])\(robust))",
      state: "its lock word is \(hex(UInt64(lock))) (locked, with \(grouped(UInt64(waiters))) waiting), "
        + (owner.map { "its owner thread \($0)" }
          ?? (isOrphaned ? "and marked: its owner has ended with it" : "which does not tell by whom")),
      owner: owner, isHeld: lock & FutexCall.ownerDied == 0 || isOrphaned, isExclusive: true)
    mutex.isOrphaned = isOrphaned
    return mutex
  }
}
