/// A call that joins or detaches a thread.
package struct LedgerCall: Sendable, Equatable {
  package enum Kind: Sendable, Equatable { case join, detach }
  package let kind: Kind
  /// "pthread_join", as it was called.
  package let function: String
  package let handle: UInt64
  /// Who called it, and from where.
  package let thread: Int32
  package let process: Int32
  package let returnAddress: UInt64
  package var stack: CreationStack?
  /// The path of the library that has the function, where it is not libc.
  package var library: String?

  package init(
    kind: Kind, function: String, handle: UInt64, thread: Int32, process: Int32, returnAddress: UInt64,
    stack: CreationStack? = nil
  ) {
    self.kind = kind
    self.function = function
    self.handle = handle
    self.thread = thread
    self.process = process
    self.returnAddress = returnAddress
    self.stack = stack
  }

  package static func == (a: LedgerCall, b: LedgerCall) -> Bool {
    a.kind == b.kind && a.function == b.function && a.process == b.process && a.returnAddress == b.returnAddress
  }
}
