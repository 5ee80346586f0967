internal import Machine
internal import Unwinding

/// What lies behind the word that a thread sleeps on: by the function that waits, or else by what the bytes can be.
struct FutexObject {
  let futex: FutexCall
  let role: WaitingFunction
  /// What the registers of the innermost frames hold.
  let pointers: Set<UInt64>
  /// The stack from the system call to the frame that called into the library.
  let stack: Range<UInt64>

  /// nil where the word cannot be read, or its address is lost.
  func object(_ memory: any TargetMemory, _ records: ThreadRecords) -> WaitObject? {
    let small = SmallObjects(memory: memory, records: records)
    guard let word = futex.address ?? lostAddress(memory, small), let value = memory.load(UInt32.self, at: word) else {
      return nil
    }
    let known = known(word, memory, small)
    guard var object = known ?? guessed(word, memory, records, small) else { return nil }
    // Who holds a priority-inheriting lock is the kernel's own business: the word says it, whatever is around it.
    if futex.isPriorityInheriting {
      (object.owner, object.isOwnerResolved) = (WaitObject.owner(inWord: value), false)
      object.isHeld = object.owner != nil && value & FutexCall.waiters != 0 && value & FutexCall.ownerDied == 0
      object.isExclusive = true
    } else if value != futex.expected {
      // It has changed since: the thread would wake, or was about to.
      object.isHeld = false
    }
    object.resolveOwner(records)
    return object
  }

  private func known(_ word: UInt64, _ memory: any TargetMemory, _ small: SmallObjects) -> WaitObject? {
    switch role {
    case .mutex: Mutexes.mutex(lockWord: word, memory) ?? refused(word, memory)
    case .internalLock: small.internalLock(word)
    case .streamLock: small.ownedWord(word, kind: "stream-lock", name: "lock of a stdio stream")
    case .readWriteLock: ReadWriteLocks.lock(word: word, pointers: pointers, memory)
    case .conditionVariable:
      // On the way out of it a thread waits for the mutex.
      ConditionVariables.variable(word: word, pointers: pointers, stack: stack, memory)
        ?? WaitObject("condition-variable", at: word, size: 4, name: "condition variable", state: "", isHeld: true)
    case .semaphore: small.semaphore(word)
    case .pythonLock:
      memory.load(Int32.self, at: word).map { value in
        WaitObject(
          "python-lock", at: word, size: 8, name: "Python lock",
          state: value == 0 ? "it is held, which does not tell by whom" : "it is free", isHeld: value == 0)
      }
    case .barrier: small.barrier(word)
    case .join: small.join(word, futex)
    case .once: small.once(word)
    case .initializer: small.initializer(word)
    case .rustMutex:
      small.plainWord(word, kind: "mutex", name: "Rust std Mutex", expected: futex.expected, isLock: true)
    case .rustReadWriteLock:
      rustReadWriteLock(word, memory)
    case .rustCondition:
      small.plainWord(
        word, kind: "condition-variable", name: "Rust std Condvar", expected: futex.expected, isLock: false)
    case .rustOnce: small.plainWord(word, kind: "once", name: "Rust std Once", expected: futex.expected, isLock: true)
    case .park: small.plainWord(word, kind: "park", name: "Rust thread parker", expected: futex.expected, isLock: false)
    case .dispatchOnce: small.ownedWord(word, kind: "once", name: "dispatch_once")
    case .dispatchLock: small.ownedWord(word, kind: "mutex", name: "lock inside of libdispatch")
    case .dispatchQueue:
      small.plainWord(word, kind: "dispatch-queue", name: "dispatch queue", expected: futex.expected, isLock: false)
    case .atomic:
      small.plainWord(word, kind: "atomic", name: "C++ atomic wait", expected: futex.expected, isLock: false)
    case .goFutex: small.plainWord(word, kind: "futex", name: "Go futex", expected: futex.expected, isLock: false)
    case .futex: nil
    }
  }

  /// A priority-inheriting mutex that the kernel refused to wait for, since that would close a circle or its owner has
  /// ended: glibc sleeps for ever on a word of its own then (nptl/pthread_mutex_lock.c, "Delay the thread indefinitely").
  private func refused(_ word: UInt64, _ memory: any TargetMemory) -> WaitObject? {
    guard stack.contains(word), futex.expected == 0, !futex.hasTimeout else { return nil }
    // A register may hold the address of the mutex's kind, 16 bytes into it, instead.
    var found: [UInt64: WaitObject] = [:]
    for pointer in pointers {
      for address in [pointer, pointer &- 16] where !stack.contains(address) {
        guard let mutex = Mutexes.mutex(at: address, memory), mutex.name.has("priority-inheriting"), mutex.owner != nil
        else { continue }
        found[address] = mutex
      }
    }
    guard found.count == 1, var mutex = found.values.first else { return nil }
    mutex.isHeld = true
    mutex.state += "; the kernel refused to wait for it, and libc waits for ever instead"
    return mutex
  }

  /// Rust's std RwLock (library/std/src/sys/sync/rwlock/futex.rs): the state, whose low 30 bits are all set for a writer
  /// or else count readers, and the word that writers sleep on.
  private func rustReadWriteLock(_ word: UInt64, _ memory: any TargetMemory) -> WaitObject? {
    for address in [word, word &- 4] where address == word || pointers.contains(address) {
      guard let state = memory.load(UInt32.self, at: address) else { continue }
      let count = state & 0x3fff_ffff
      guard count != 0 else { continue }
      let isWriting = count == 0x3fff_ffff
      var lock = WaitObject(
        "rwlock", at: address, size: 8, name: "Rust std RwLock",
        state: isWriting
          ? "it is held for writing, which does not tell by whom"
          : "it is held for reading \(ReadWriteLocks.times(count)), which does not tell by whom",
        isHeld: true, isExclusive: isWriting)
      if !isWriting { lock.readers = count }
      return lock
    }
    return nil
  }

  /// What it must be by its bytes where no name tells: only what says an owner that fits is believed.
  private func guessed(
    _ word: UInt64, _ memory: any TargetMemory, _ records: ThreadRecords, _ small: SmallObjects
  ) -> WaitObject? {
    if futex.isPriorityInheriting {
      if let mutex = Mutexes.mutex(lockWord: word, memory), mutex.owner != nil { return mutex }
      return small.ownedWord(word, kind: "mutex", name: "priority-inheriting lock")
    }
    switch role {
    case .futex, .mutex, .join:
      if !futex.isPrivate, let joined = small.join(word, futex),
        joined.owner.map({ records.thread(withIDAt: word) == $0 && records.isAlive($0) }) ?? false
      {
        return joined
      }
      if futex.expected == 2 || futex.expected & FutexCall.waiters != 0,
        let mutex = Mutexes.mutex(lockWord: word, memory), let owner = mutex.owner,
        records.thread(recordedAs: owner) != nil
      {
        return mutex
      }
    default: break
    }
    return small.plainWord(word, kind: "futex", name: "futex", expected: futex.expected, isLock: false)
  }

  /// The word, where the kernel has overwritten the register with its address (aarch64): one that a register of the
  /// library's own functions leads to, if it is the only one that fits.
  private func lostAddress(_ memory: any TargetMemory, _ small: SmallObjects) -> UInt64? {
    guard role == .mutex || role == .join, futex.expected != 0 else { return nil }
    var found: Set<UInt64> = []
    for pointer in pointers where pointer % 4 == 0 {
      // The id lies within the record that a joining function was given: it keeps the word's own address.
      for word in [pointer, pointer &+ 4] where memory.load(UInt32.self, at: word) == futex.expected {
        let fits = role == .mutex ? Mutexes.mutex(lockWord: word, memory) != nil : small.join(word, futex) != nil
        if fits { found.insert(word) }
      }
    }
    return found.count == 1 ? found.first : nil
  }
}
