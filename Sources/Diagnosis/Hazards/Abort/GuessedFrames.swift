internal import Unwinding

/// How far frames can be believed that a verdict rests on: what a scan of the stack took for return addresses may have
/// been left there by earlier calls.
enum GuessedFrames {
  /// What would refute a verdict that rests on such frames.
  static let refutation = "a return address that was left on the stack by an earlier call"

  /// How sure it is that the frame at `position` was called: proved where it and all inner ones were found by rules.
  static func certainty(of position: Int, in frames: [Frame]) -> Certainty {
    frames.prefix(position + 1).contains { $0.provenance == .scan } ? .likely : .proved
  }
}
