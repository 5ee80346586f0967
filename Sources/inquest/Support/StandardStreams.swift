import Bytes
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

  /// What is printed beside the program's own output. Where nobody reads it, nothing is to be done.
  static func errors() -> ByteOutput {
    ByteOutput { bytes in
      _ = unsafe bytes.withUnsafeBytes { unsafe inquest_write(2, $0.baseAddress, UInt64($0.count)) }
    }
  }

  /// A message for the user, on standard error.
  static func complain(_ message: String) {
    let line = Array("inquest: \(Escaping.escaped(message))\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe inquest_write(2, $0.baseAddress, UInt64($0.count)) }
  }

  /// How text is laid out for standard output.
  static func textOptions(isFull: Bool = false, showsAllStacks: Bool = false) -> TextOptions {
    options(of: 1, isFull, showsAllStacks)
  }

  /// How text is laid out for standard error.
  static func errorOptions(isFull: Bool = false, showsAllStacks: Bool = false) -> TextOptions {
    options(of: 2, isFull, showsAllStacks)
  }

  private static func options(of descriptor: Int32, _ isFull: Bool, _ showsAllStacks: Bool) -> TextOptions {
    TerminalFacts(
      isTerminal: inquest_is_terminal(descriptor) == 1, columns: Int(inquest_terminal_columns(descriptor)),
      environment: { variable($0) }
    ).options(isFull: isFull, showsAllStacks: showsAllStacks)
  }

  /// A variable of the environment; nil where it is not set.
  static func variable(_ name: String) -> String? {
    guard let value = unsafe inquest_environment(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// All entries of the environment, "NAME=value".
  static var environment: [String] { unsafe texts(inquest_environment_pointers()) { unsafe String(cString: $0) } }

  /// The words that inquest was executed with, its own name first. Swift's own list is empty where there is no /proc.
  static var arguments: [String] {
    let given = unsafe texts(inquest_argument_pointers()) { unsafe String(cString: $0) }
    return given.isEmpty ? CommandLine.arguments : given
  }

  /// Those arguments and entries of the environment that are no UTF-8, byte for byte: as text they are something else.
  static var undecoded: UndecodedTexts {
    let bytes: (UnsafePointer<CChar>) -> [UInt8] = { text in
      var length = 0
      while unsafe text[length] != 0 { length += 1 }
      return (0..<length).map { unsafe UInt8(bitPattern: text[$0]) }
    }
    let all = unsafe texts(inquest_argument_pointers(), bytes) + texts(inquest_environment_pointers(), bytes)
    return UndecodedTexts(
      all.filter { entry in
        entry.contains { $0 >= 0x80 } && !String(decoding: entry, as: UTF8.self).utf8.elementsEqual(entry)
      })
  }

  private static func texts<Text>(
    _ list: UnsafePointer<UnsafePointer<CChar>?>?, _ text: (UnsafePointer<CChar>) -> Text
  ) -> [Text] {
    var result: [Text] = []
    guard var next = unsafe list else { return [] }
    while let entry = unsafe next.pointee {
      result.append(unsafe text(entry))
      unsafe next += 1
    }
    return result
  }
}
