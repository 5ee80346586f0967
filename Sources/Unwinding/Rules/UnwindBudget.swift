internal import DWARF

/// Bounds the work that call frame information can make us do, over all stacks of a target. Sound files come nowhere
/// near it; beyond it, code counts as having no call frame information.
struct UnwindBudget {
  /// What an FDE may have without being charged, in bytes of instructions. Nearly all have less.
  private static let free = 512

  /// How many more bytes of instructions beyond ``free`` may be interpreted.
  private var instructionBytes = 16 << 20
  /// How many more operations of expressions may be run.
  var expressionOperations = 50_000_000

  /// Charges for one interpretation of `description`.
  ///
  /// - Returns: false where it would be too much.
  mutating func allowsInterpreting(_ description: FrameDescriptionEntry) -> Bool {
    let size = description.instructions.count + description.cie.instructions.count
    let charge = max(0, size - Self.free)
    guard charge <= instructionBytes else { return false }
    instructionBytes -= charge
    return true
  }
}
