internal import Machine

/// Objects of one or two words: semaphores, barriers, once controls, internal locks, joins.
struct SmallObjects {
  let memory: any TargetMemory
  let records: ThreadRecords

  /// `sem_t`: the value in the low half of a word; the number of waiters behind it (glibc 2.21 and later, musl).
  func semaphore(_ word: UInt64) -> WaitObject? {
    guard let value = memory.load(Int32.self, at: word) else { return nil }
    // musl: -1, or later the highest bit, says that somebody waits.
    let count = value == -1 ? 0 : value & 0x7fff_ffff
    return WaitObject(
      "semaphore", at: word, size: 8, name: "semaphore", state: "its value is \(count)", isHeld: count == 0)
  }

  /// `pthread_barrier_t` of glibc 2.23 and later: arrivals, round, count; the thread sleeps on the round. musl's word is
  /// on a stack.
  func barrier(_ word: UInt64) -> WaitObject? {
    if let arrived = memory.load(UInt32.self, at: word &- 4), let count = memory.load(UInt32.self, at: word &+ 4),
      let round = memory.load(UInt32.self, at: word), count > 0, count < 1 << 24, arrived &- round <= count
    {
      return WaitObject(
        "barrier", at: word &- 4, size: 12, name: "barrier",
        state: "\(arrived &- round) of \(count) threads have arrived", isHeld: true)
    }
    return WaitObject(
      "barrier", at: word, size: 4, name: "barrier", state: "not all threads have arrived", isHeld: true)
  }

  /// `pthread_once_t`: bit 0 says that the initialisation runs (glibc, musl).
  func once(_ word: UInt64) -> WaitObject? {
    guard let value = memory.load(UInt32.self, at: word) else { return nil }
    return WaitObject(
      "once", at: word, size: 4, name: "once control", state: "its initialisation has begun and not ended (\(value))",
      isHeld: value & 1 != 0, isExclusive: true)
  }

  /// The guard of a `static` of C++ (Itanium C++ ABI 3.3.3; libstdc++ sets bit 8 while it runs, bit 16 with waiters).
  func initializer(_ word: UInt64) -> WaitObject? {
    guard let value = memory.load(UInt32.self, at: word) else { return nil }
    return WaitObject(
      "once", at: word, size: 8, name: "guard of a static's first use",
      state: "its initialisation has begun and not ended (\(hex(UInt64(value))))", isHeld: value & 0x100 != 0,
      isExclusive: true)
  }

  /// A lock of one word inside of libc. That of a stdio stream (`_IO_lock_t`: lock, count, owner) names the record of the
  /// thread which holds it.
  func internalLock(_ word: UInt64) -> WaitObject? {
    guard let value = memory.load(UInt32.self, at: word) else { return nil }
    if value == 1 || value == 2, let count = memory.load(Int32.self, at: word &+ 4), (1...1 << 16).contains(count),
      let pointer = memory.word(at: word &+ 8), pointer != 0
    {
      if let owner = records.thread(withPointer: pointer) {
        var lock = WaitObject(
          "stream-lock", at: word, size: 16, name: "lock of a stdio stream",
          state: "its lock word is \(value), its owner the record \(hex(pointer)) of thread \(owner)", owner: owner,
          isHeld: value == 2, isExclusive: true)
        lock.isOwnerResolved = true
        return lock
      }
      if pointer % 16 == 0, memory.word(at: pointer &+ 16) == pointer {
        var lock = WaitObject(
          "stream-lock", at: word, size: 16, name: "lock of a stdio stream",
          state: "its lock word is \(value), its owner the record \(hex(pointer)), which is that of no living thread",
          isHeld: value == 2, isExclusive: true)
        lock.goneRecord = pointer
        return lock
      }
    }
    return WaitObject(
      "internal-lock", at: word, size: 4, name: "lock inside of libc",
      state: "its word is \(hex(UInt64(value))), which does not tell by whom it is held", isHeld: value != 0,
      isExclusive: true)
  }

  /// A word that holds its owner's id: a stdio stream's lock in musl, a lock of dispatch.
  func ownedWord(_ word: UInt64, kind: String, name: String) -> WaitObject? {
    guard let value = memory.load(UInt32.self, at: word) else { return nil }
    let owner = WaitObject.owner(inWord: value)
    return WaitObject(
      kind, at: word, size: 4, name: name,
      state: "its word is \(hex(UInt64(value)))" + (owner.map { ": thread \($0) holds it" } ?? ""), owner: owner,
      isHeld: owner != nil, isExclusive: true)
  }

  /// A word without an owner that tells only whether it is locked: Rust's and other locks built on futexes.
  func plainWord(_ word: UInt64, kind: String, name: String, expected: UInt32, isLock: Bool) -> WaitObject? {
    guard let value = memory.load(UInt32.self, at: word) else { return nil }
    return WaitObject(
      kind, at: word, size: 4, name: name,
      state: "its word is \(hex(UInt64(value)))" + (isLock ? ", which does not tell by whom it is held" : ""),
      isHeld: value == expected && (!isLock || value != 0), isExclusive: isLock)
  }

  /// The thread that is joined: the word is the id in its record, which the kernel clears when it ends (glibc), or the
  /// state behind it (musl's `detach_state`, two words further on).
  func join(_ word: UInt64, _ futex: FutexCall) -> WaitObject? {
    // glibc sleeps on the id itself as if it were shared, since the kernel wakes; musl on its own, private, word.
    let address = futex.isPrivate ? word &- 8 : word
    guard let id = memory.load(Int32.self, at: address), futex.isPrivate ? isMuslState(futex.expected) : id > 0,
      futex.isPrivate || UInt32(bitPattern: id) == futex.expected, records.isRecord(withIDAt: address)
    else { return nil }
    if id == -1, futex.isPrivate {
      return WaitObject(
        "thread", at: address, size: 12, name: "thread of the process before fork",
        state: "the id in the joined thread's record is -1: fork did not take that thread along", owner: -1,
        isHeld: true,
        isExclusive: true)
    }
    guard id > 0, id <= WaitObject.highestThread else { return nil }
    let living = records.thread(recordedAs: id)
    // The record is that of the thread with this id, or of one that is gone.
    guard living == nil ? !records.isAlive(id) : records.thread(withIDAt: address) == living else { return nil }
    let tid = living ?? id
    var thread = WaitObject(
      "thread", at: address, size: futex.isPrivate ? 12 : 4, name: "thread \(tid)",
      state: "the id in the joined thread's record is \(id)"
        + (tid == id ? "" : ", which is thread \(tid) of this dump"),
      owner: tid, isHeld: true, isExclusive: true)
    thread.isOwnerResolved = true
    return thread
  }

  /// DT_JOINABLE, with or without the mark of a waiter (src/internal/pthread_impl.h of musl).
  private func isMuslState(_ value: UInt32) -> Bool { (1...3).contains(value & 0x7fff_ffff) }
}
