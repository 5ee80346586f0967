import CLinux
import Reporting

/// Standard output and standard error.
enum StandardStreams {
  /// What is printed. Where nobody reads any more (a closed pipe), the program ends quietly, as others do.
  static func output() -> ByteOutput {
    ByteOutput { bytes in
      let result = unsafe bytes.withUnsafeBytes { unsafe inquest_write(1, $0.baseAddress, UInt64($0.count)) }
      guard result != 0 else { return }
      if result != -32 { complain("cannot write: \(SystemErrors.text(Int32(clamping: -result)))") }
      inquest_exit(result == -32 ? 0 : 2)
    }
  }

  /// An empty line between two reports.
  static func separate() { _ = unsafe inquest_write(1, "\n", 1) }

  /// A message for the user, on standard error.
  static func complain(_ message: String) {
    let line = Array("inquest: \(Escaping.escaped(message))\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe inquest_write(2, $0.baseAddress, UInt64($0.count)) }
  }

  /// How text is laid out for standard output.
  static func textOptions(isFull: Bool = false, showsAllStacks: Bool = false) -> TextOptions {
    TerminalFacts(
      isTerminal: inquest_is_terminal(1) == 1, columns: Int(inquest_terminal_columns(1)),
      environment: { name in
        guard let value = unsafe inquest_environment(name) else { return nil }
        return unsafe String(cString: value)
      }
    ).options(isFull: isFull, showsAllStacks: showsAllStacks)
  }
}
