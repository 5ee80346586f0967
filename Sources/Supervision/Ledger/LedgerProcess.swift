/// A process, from its beginning or its last exec on.
package struct LedgerProcess: Sendable {
  package let pid: Int32
  package var name: String
  package let began: UInt32
  package var ended: UInt32?
  package var threadCount = 0
  /// How many joins succeeded.
  package var joinCount = 0
  /// How many threads were made joinable, less those that a join or detach has begun of: about as many as are left.
  var outstandingCount = 0
  /// When a thread of it last did something that was seen, other than to end.
  var lastSeen: UInt32 = 0
  /// Functions that could not be watched.
  package var unwatched: [String] = []

  init(pid: Int32, name: String, began: UInt32) {
    self.pid = pid
    self.name = name
    self.began = began
  }
}
