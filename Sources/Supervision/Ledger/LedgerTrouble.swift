/// A pthread_create that failed, and what the process had of everything that may run out.
package struct CreationFailure: Sendable, Equatable {
  package let thread: Int32
  package let returnAddress: UInt64
  package let error: Int32
  package let circumstances: CreationCircumstances
  package var stack: CreationStack?

  package init(
    thread: Int32, returnAddress: UInt64, error: Int32, circumstances: CreationCircumstances,
    stack: CreationStack? = nil
  ) {
    self.thread = thread
    self.returnAddress = returnAddress
    self.error = error
    self.circumstances = circumstances
    self.stack = stack
  }

  package static func == (a: CreationFailure, b: CreationFailure) -> Bool {
    a.returnAddress == b.returnAddress && a.error == b.error
  }
}

/// Something that went wrong with threads.
package struct LedgerTrouble: Sendable {
  package enum Kind: Sendable {
    case call(LedgerCall, result: Int32, before: LedgerRecord?)
    case creation(CreationFailure)
  }

  package let kind: Kind
  /// An index of ``ThreadLedger/processes``.
  let process: Int
  package let at: UInt32
  /// How often.
  package var count = 1
  /// How many joins of the process had succeeded by then.
  var joinsBefore = 0

  init(kind: Kind, process: Int, at: UInt32) {
    self.kind = kind
    self.process = process
    self.at = at
  }

  func isLike(_ other: LedgerTrouble) -> Bool {
    guard process == other.process else { return false }
    switch (kind, other.kind) {
    case (.call(let a, let result, let before), .call(let b, let otherResult, let otherBefore)):
      return a == b && result == otherResult && before?.standing == otherBefore?.standing
        && (before == nil) == (otherBefore == nil)
    case (.creation(let a), .creation(let b)): return a == b
    default: return false
    }
  }
}
