internal import Bytes
internal import Machine

/// `pthread_rwlock_t` of glibc and musl.
enum ReadWriteLocks {
  /// - Parameters:
  ///   - word: the address in the target that the thread sleeps on.
  ///   - pointers: what the registers of the innermost frames hold: the lock's address is among them.
  static func lock(word: UInt64, pointers: Set<UInt64>, _ memory: any TargetMemory) -> WaitObject? {
    // glibc: the words of readers and writers (2.25 and later: __wrphase_futex, __writers_futex; before that
    // __readers_wakeup, __writer_wakeup), and the count of readers, which a reader that gives way to writers waits for.
    let isFlag = memory.load(UInt32.self, at: word).map { $0 <= 3 } ?? false
    let candidates = (isFlag ? [word &- 8, word &- 12] : [word]).compactMap { glibc(at: $0, memory) }
    if candidates.count == 1 { return candidates[0] }
    if let pointed = candidates.first(where: { pointers.contains($0.address) }) { return pointed }
    return candidates.isEmpty ? musl(at: word, memory) : nil
  }

  /// sysdeps/nptl/bits/struct_rwlock.h: readers, writers, two futexes, and the writer's id at 24 in all versions.
  private static func glibc(at address: UInt64, _ memory: any TargetMemory) -> WaitObject? {
    guard address % 4 == 0, let bytes = memory.read(address, 56), let readers = bytes.load(UInt32.self, at: 0),
      let writer = bytes.load(Int32.self, at: 24), let shared = bytes.load(Int32.self, at: 28),
      shared == 0 || shared == 1,
      let flags = bytes.load(UInt32.self, at: 48), flags <= 3, writer >= 0, writer <= WaitObject.highestThread,
      let pad = bytes.load(UInt64.self, at: 16), let futexes = bytes.load(UInt64.self, at: 8)
    else { return nil }
    // 2.25 and later: bits PTHREAD_RWLOCK_WRPHASE, WRLOCKED, RWAITING, then the number of readers; both futexes are 0 to 3.
    let isNew = pad == 0 && futexes & 0xffff_fffc_ffff_fffc == 0
    let count = isNew ? readers >> 3 : bytes.load(UInt32.self, at: 4) ?? 0
    guard isNew ? readers & 2 != 0 || count > 0 : readers <= 2, count < 1 << 24 else { return nil }
    guard writer != 0 || count > 0 || isNew else { return nil }
    let owner = writer == 0 ? nil : writer
    var lock = WaitObject(
      "rwlock", at: address, size: 32, name: "pthread read-write lock",
      state: owner.map { "it is held for writing by thread \($0)" }
        ?? (count > 0
          ? "it is held for reading \(times(count)), which does not tell by whom" : "it changes hands"),
      owner: owner, isHeld: owner != nil || count > 0, isExclusive: owner != nil)
    if owner == nil, count > 0 { lock.readers = count }
    return lock
  }

  /// musl (src/thread/pthread_rwlock_*.c): the lock word, which is 0x7fffffff for a writer or else the number of readers,
  /// and the number of those that wait.
  private static func musl(at address: UInt64, _ memory: any TargetMemory) -> WaitObject? {
    guard let bytes = memory.read(address, 12), let lock = bytes.load(UInt32.self, at: 0),
      let waiters = bytes.load(Int32.self, at: 4), waiters >= 1, waiters < 1 << 22, lock & FutexCall.waiters != 0,
      let shared = bytes.load(Int32.self, at: 8), shared == 0 || shared == 128
    else { return nil }
    let count = lock & 0x7fff_ffff
    guard count == 0x7fff_ffff || (1...(1 << 22)).contains(count) else { return nil }
    let isWriting = count == 0x7fff_ffff
    var object = WaitObject(
      "rwlock", at: address, size: 8, name: "pthread read-write lock of musl",
      state: isWriting
        ? "it is held for writing, which does not tell by whom"
        : "it is held for reading \(times(count)), which does not tell by whom",
      isHeld: true, isExclusive: isWriting)
    if !isWriting { object.readers = count }
    return object
  }

  /// "once", "3 times".
  static func times(_ count: UInt32) -> String { count == 1 ? "once" : "\(grouped(UInt64(count))) times" }
}
