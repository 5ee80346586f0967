internal import Reporting

/// Numbers and errors as the ledger's sentences have them.
enum LedgerWords {
  static func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
  static func grouped(_ value: Int) -> String { Quantities.grouped(value) }
  static func count(_ value: Int, _ one: String) -> String { Quantities.count(value, one) }
  static func count(_ value: Int, _ one: String, _ many: String) -> String { Quantities.count(value, one, many) }
  static func bytes(_ value: UInt64) -> String { Quantities.bytes(value) }

  /// "0.012 s".
  static func seconds(_ milliseconds: UInt32) -> String {
    let rest = String(milliseconds % 1000)
    return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest) s"
  }

  /// The name of an errno that functions of threads return.
  static func error(_ number: Int32) -> String {
    switch number {
    case 1: "EPERM"
    case 3: "ESRCH"
    case 11: "EAGAIN"
    case 12: "ENOMEM"
    case 16: "EBUSY"
    case 22: "EINVAL"
    case 35: "EDEADLK"
    case 110: "ETIMEDOUT"
    default: "error \(number)"
    }
  }

  /// Frames as one line, the outermost last.
  static func chain(_ frames: [String]) -> String {
    let shown = frames.prefix(8)
    return shown.joined(separator: " ← ") + (frames.count > 8 ? " ← …" : "")
  }
}
