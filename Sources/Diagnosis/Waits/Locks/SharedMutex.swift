package import Machine

/// A mutex that several processes use, as its bytes in memory that they share tell.
package struct SharedMutex: Sendable {
  /// "pthread mutex (robust)".
  package let name: String
  /// The id of the thread that holds it, in its own pid namespace.
  package let owner: Int32

  /// nil where the word that a thread sleeps on is no part of such a mutex that somebody holds.
  package init?(lockWord word: UInt64, _ memory: any TargetMemory) {
    guard let mutex = Mutexes.mutex(lockWord: word, memory), let owner = mutex.owner, mutex.isHeld else { return nil }
    // Both libraries mark what is shared: PTHREAD_MUTEX_PSHARED_BIT (glibc, pthreadP.h) in the kind, 128 in musl's type.
    let kind = memory.load(UInt32.self, at: mutex.address == word ? word &+ 16 : mutex.address)
    guard let kind, kind & 128 != 0 else { return nil }
    name = mutex.name
    self.owner = owner
  }
}
