/// Text that is being made: printable ASCII and line ends, nothing else.
package struct CallText: Sendable {
  package var bytes: [UInt8] = []

  package init() {}

  package mutating func append(_ text: StaticString) {
    guard text.hasPointerRepresentation else { return append(verbatim: text.description) }
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends text of our own.
  package mutating func append(verbatim text: String) { bytes.append(contentsOf: text.utf8) }

  /// Appends bytes of our own.
  package mutating func append(bytes more: [UInt8]) { bytes += more }

  package mutating func append(byte: UInt8) { bytes.append(byte) }

  package mutating func append(spaces count: Int) { for _ in 0..<max(0, count) { bytes.append(0x20) } }

  package mutating func append(decimal value: UInt64, digits: Int = 1) {
    var text: [20 of UInt8] = .init(repeating: 0x30)
    var rest = value
    var count = 0
    while rest != 0 {
      text[count] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      count += 1
    }
    count = max(count, min(digits, 20))
    while count > 0 {
      count -= 1
      bytes.append(text[count])
    }
  }

  package mutating func append(signed value: Int64) {
    if value < 0 { bytes.append(0x2d) }
    append(decimal: value.magnitude)
  }

  /// With `0x`; zero is `0`.
  package mutating func append(hexadecimal value: UInt64) {
    guard value != 0 else { return bytes.append(0x30) }
    append("0x")
    var shift = (63 - value.leadingZeroBitCount) / 4 * 4
    while shift >= 0 {
      let nibble = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 0xf
      bytes.append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble)
      shift -= 4
    }
  }

  /// As C writes it, with a leading zero.
  package mutating func append(octal value: UInt64) {
    bytes.append(0x30)
    guard value != 0 else { return }
    var shift = (63 - value.leadingZeroBitCount) / 3 * 3
    while shift >= 0 {
      bytes.append(0x30 + UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 7)
      shift -= 3
    }
  }

  /// An address; NULL where it is 0.
  package mutating func append(pointer value: UInt64) {
    if value == 0 { append("NULL") } else { append(hexadecimal: value) }
  }

  /// Appends bytes between quotation marks, as C would write them, so that they can be told from any others.
  ///
  /// - Parameter isCut: whether there were more of them, which three points behind it say.
  package mutating func append(quoted text: ArraySlice<UInt8>, isCut: Bool = false) {
    bytes.append(0x22)
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      index += 1
      switch byte {
      case 0x22: append("\\\"")
      case 0x5c: append("\\\\")
      case 0x20..<0x7f: bytes.append(byte)
      case 0x0a: append("\\n")
      case 0x09: append("\\t")
      case 0x0d: append("\\r")
      default:
        bytes.append(0x5c)
        // Three digits where a digit follows that would belong to the number.
        let isFull = index < text.endIndex && (0x30..<0x38).contains(text[index])
        if isFull || byte >= 0o100 { bytes.append(0x30 + byte >> 6) }
        if isFull || byte >= 0o10 { bytes.append(0x30 + byte >> 3 & 7) }
        bytes.append(0x30 + byte & 7)
      }
    }
    bytes.append(0x22)
    if isCut { append("...") }
  }
}
