/// How a program is watched.
package struct SupervisionOptions: Sendable {
  /// Whether the tree is ended when a process of it crashes.
  package var stopsOnCrash = false
  /// Whether the tree is ended when the program itself has.
  package var endsWithMain = false
  /// Whether children are followed at all, and which by the names of their programs; nil for all.
  package var followsChildren = true
  package var followed: [FollowPattern] = []
  /// Whether threads are accounted for.
  package var keepsLedger = true
  /// Milliseconds that the whole may take; nil for any.
  package var timeout: UInt64?
  /// Milliseconds that the whole tree may stand still; nil for any.
  package var stall: UInt64?
  /// The signal on which all stacks are told, and which the program then does not get.
  package var reportSignal: Int32?

  package init() {}
}

/// How it ended.
package enum SupervisionOutcome: Sendable, Equatable {
  case exited(status: Int32)
  case killed(signal: Int32)
  /// chdir or execvpe failed: ENOENT, EACCES, ….
  case notStarted(errno: Int32)
  /// The program could not be traced.
  case notTraced(errno: Int32)
  /// It took too long, or stood still too long, and was ended.
  case timedOut
  case stalled
  /// The tree was ended for a crash (``SupervisionOptions/stopsOnCrash``).
  case stoppedForCrash(signal: Int32)
}
