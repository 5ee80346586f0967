/// Where threads are made: a call of pthread_create, and the function that they begin with.
package struct CreationSite: Sendable {
  package struct Key: Hashable, Sendable {
    /// The index of the process in the ledger: addresses mean nothing elsewhere.
    package let process: Int32
    package let returnAddress: UInt64
    package let routine: UInt64

    package init(process: Int32, returnAddress: UInt64, routine: UInt64) {
      self.process = process
      self.returnAddress = returnAddress
      self.routine = routine
    }
  }

  package let key: Key
  package var threadCount = 0
  /// How many of them ended while their process went on, and were joined by nobody; and one of them.
  package var neverJoined = 0
  /// How many of these may have ended with their process instead.
  var unsure = 0
  package var example: Int?
  /// The bytes that one of its threads keeps until it is joined: stack and guard; 0 where that is not known.
  package var stackSize: UInt64 = 0
  /// The stack of the first call.
  package var stack: CreationStack?

  package init(key: Key, stackSize: UInt64 = 0, stack: CreationStack? = nil) {
    self.key = key
    self.stackSize = stackSize
    self.stack = stack
  }
}
