/// Who is told of what happens to the tree. The processes that are spoken of stand still until the call returns.
package protocol SupervisionWitness: AnyObject {
  /// A process is about to die of a signal.
  func died(_ process: StoppedProcess)
  /// The tree hangs, or somebody asked what it does.
  func hangs(_ processes: [StoppedProcess], _ reason: HangReason)
  /// Something that the user should know: a word of a line.
  func remark(_ text: String)
}

/// Why all stacks are told.
package enum HangReason: Sendable, Equatable {
  /// Milliseconds that it was given.
  case timeout(UInt64)
  case stall(UInt64)
  /// Somebody sent the signal that asks for it.
  case asked
  /// Somebody pressed Ctrl-C twice, and nothing happened.
  case interrupted

  /// Whether the tree is ended afterwards.
  package var ends: Bool { self != .asked }
}
