/// A JSON text in the making (RFC 8259): brackets, commas, keys and values, written straight to the output.
///
/// Containers are closed by writing to one further out, as Swift's encoding containers have no end of their own.
final class JSONDocument {
  private let output: ByteOutput
  private var open: [Container] = []

  private struct Container {
    let isObject: Bool
    var isEmpty = true
  }

  init(_ output: ByteOutput) { self.output = output }

  /// The number of containers that are open.
  var depth: Int { open.count }

  /// Opens an object or array, as the value that stands next.
  /// - Returns: its depth, by which it is named from now on.
  func begin(object: Bool) -> Int {
    output.append(byte: object ? 0x7b : 0x5b)
    open.append(Container(isObject: object))
    return open.count
  }

  /// Closes all containers deeper than `depth`.
  func close(to depth: Int) {
    while open.count > depth, let last = open.popLast() { output.append(byte: last.isObject ? 0x7d : 0x5d) }
  }

  /// Makes ready for the next element of the array at `depth`.
  func element(of depth: Int) {
    close(to: depth)
    separate()
  }

  /// Writes the key of the next value of the object at `depth`.
  func key(_ key: String, of depth: Int) {
    close(to: depth)
    separate()
    string(key)
    output.append(byte: 0x3a)
  }

  private func separate() {
    guard let last = open.indices.last else { return }
    if open[last].isEmpty { open[last].isEmpty = false } else { output.append(byte: 0x2c) }
  }

  func null() { output.append("null") }
  func bool(_ value: Bool) { output.append(value ? "true" : "false") }

  func unsigned(_ value: UInt64) { output.append(decimal: value) }
  func signed(_ value: Int64) {
    if value < 0 { output.append(byte: 0x2d) }
    output.append(decimal: value.magnitude)
  }

  /// A number; null for what JSON has no number for.
  func double(_ value: Double) {
    if value.isFinite { output.append(verbatim: "\(value)") } else { null() }
  }

  func address(_ value: UInt64) {
    output.append("\"0x")
    output.append(hexadecimal: value)
    output.append(byte: 0x22)
  }

  /// A string. Beyond what RFC 8259 asks for, whatever would upset a terminal is written as `\uXXXX`.
  func string(_ text: String) {
    output.append(byte: 0x22)
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }) {
      output.append(verbatim: text)
    } else {
      for scalar in text.unicodeScalars { character(scalar) }
    }
    output.append(byte: 0x22)
  }

  private func character(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\"": output.append("\\\"")
    case "\\": output.append("\\\\")
    case "\n": output.append("\\n")
    case "\r": output.append("\\r")
    case "\t": output.append("\\t")
    case _ where Escaping.isHarmless(scalar): output.append(verbatim: String(scalar))
    default:
      for unit in scalar.utf16 {
        output.append("\\u")
        output.append(hexadecimal: UInt64(unit), digits: 4)
      }
    }
  }
}
