public import Bytes

/// A name as a symbol table or debug information holds it: mangled or plain, not yet text.
public struct SymbolName: Sendable {
  /// As the symbol table, or the debug information, has it.
  public let raw: ByteView

  public init(raw: ByteView) { self.raw = raw }

  /// How much of a name is shown.
  public enum Style: Sendable {
    /// For people: hashes and disambiguators left out.
    case short
    /// Everything that the mangled name says (`--full`).
    case full
  }
}
