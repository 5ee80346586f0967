/// What a thread waits on in memory, read there and checked against itself.
struct WaitObject: Sendable {
  /// The kind of the node in reports: "mutex", "rwlock", "condition-variable", ….
  var kind: String
  /// The address in the target of the object, not of the word in it that the thread sleeps on.
  var address: UInt64
  /// How many bytes of it are shown as evidence.
  var size: Int
  /// "pthread mutex (recursive)".
  var name: String
  /// What its bytes say: "lock word 2 (locked, with waiters), owner 4712".
  var state: String
  /// The thread that holds it, or that is waited for; nil where its memory does not say.
  var owner: Int32?
  /// Whether its memory agrees with what the thread waits for: it is locked, and the word has the value that the thread
  /// went to sleep for.
  var isHeld: Bool
  /// Whether only one thread can hold it at a time: a cycle through it cannot be left otherwise.
  var isExclusive: Bool
  /// Whether it says that its owner has ended with it, without who that was.
  var isOrphaned = false
  /// The address of the record of the thread that holds it, where that is no living thread's.
  var goneRecord: UInt64?
  /// Whether ``owner`` is a thread by the dump's ids, and not by those that memory holds.
  var isOwnerResolved = false
  /// How many hold it for reading, of a read-write lock: who wants to write waits for all of them.
  var readers: UInt32?
  /// The mutex that the thread takes again when it wakes, of a condition variable.
  var mutex: UInt64?

  init(
    _ kind: String, at address: UInt64, size: Int, name: String, state: String, owner: Int32? = nil,
    isHeld: Bool = false, isExclusive: Bool = false, mutex: UInt64? = nil
  ) {
    self.kind = kind
    self.address = address
    self.size = size
    self.name = name
    self.state = state
    self.owner = owner
    self.isHeld = isHeld
    self.isExclusive = isExclusive
    self.mutex = mutex
  }

  /// Whether somebody must give it back, whoever that is: nothing else ends a wait for it.
  var isLock: Bool { Self.locks.contains(kind) }
  private static let locks: Set<String> = ["mutex", "rwlock", "once", "internal-lock", "stream-lock", "python-gil"]

  /// Makes the owner's id, as memory has it, the one that the dump has for that thread.
  mutating func resolveOwner(_ records: ThreadRecords) {
    guard !isOwnerResolved, let id = owner, id > 0 else { return }
    isOwnerResolved = true
    if let tid = records.thread(recordedAs: id) {
      if tid != id { state += ", which is thread \(tid) of this dump" }
      owner = tid
    } else if records.isAlive(id) {
      // A thread of the dump has this number by chance, in another pid namespace.
      owner = nil
    }
  }

  /// The highest thread id that Linux gives (PID_MAX_LIMIT, include/linux/threads.h).
  static let highestThread: Int32 = 4 << 20

  /// The id in the low bits of a lock word whose owner's id is part of it; nil where it is none.
  static func owner(inWord word: UInt32) -> Int32? {
    let id = Int32(word & FutexCall.threadMask)
    return id > 0 && id <= highestThread ? id : nil
  }
}
