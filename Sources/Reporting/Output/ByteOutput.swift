/// Collects bytes and hands them on in large pieces, so that a report costs few system calls.
package final class ByteOutput {
  private var bytes: [UInt8] = []
  private let pieceSize: Int
  private let sink: ([UInt8]) -> Void

  /// - Parameters:
  ///   - pieceSize: how many bytes are collected before they are handed on.
  ///   - sink: gets each piece, in order.
  package init(pieceSize: Int = 65_536, sink: @escaping ([UInt8]) -> Void) {
    self.pieceSize = pieceSize
    self.sink = sink
    bytes.reserveCapacity(pieceSize + 4096)
  }

  /// Appends a byte as it is.
  @inline(__always)
  package func append(byte: UInt8) {
    bytes.append(byte)
  }

  /// Appends bytes as they are.
  package func append(bytes more: [UInt8]) {
    bytes += more
    flushIfLarge()
  }

  /// Appends text of our own as it is.
  package func append(_ text: StaticString) {
    guard text.hasPointerRepresentation else { return append(verbatim: text.description) }
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    flushIfLarge()
  }

  /// Appends text as it is: text of our own, or text that was escaped already.
  package func append(verbatim text: String) {
    bytes.append(contentsOf: text.utf8)
    flushIfLarge()
  }

  /// Appends `count` spaces.
  package func append(spaces count: Int) {
    for _ in 0..<max(0, count) { bytes.append(0x20) }
  }

  /// Appends a number in decimal.
  package func append(decimal value: UInt64) {
    var digits: [20 of UInt8] = .init(repeating: 0)
    var rest = value
    var count = 0
    repeat {
      digits[count] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      count += 1
    } while rest != 0
    while count > 0 {
      count -= 1
      bytes.append(digits[count])
    }
  }

  /// Appends a number in lower-case hexadecimal, without "0x".
  /// - Parameter digits: the least number of digits.
  package func append(hexadecimal value: UInt64, digits: Int = 1) {
    let needed = max(1, (67 - value.leadingZeroBitCount) / 4, min(digits, 16))
    var shift = needed * 4
    while shift > 0 {
      shift -= 4
      let nibble = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 0xf
      bytes.append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble)
    }
  }

  /// Hands on what has been collected, if it is a piece's worth.
  package func flushIfLarge() {
    if bytes.count >= pieceSize { flush() }
  }

  /// Hands on all that has been collected.
  package func flush() {
    guard !bytes.isEmpty else { return }
    sink(bytes)
    bytes.removeAll(keepingCapacity: true)
  }
}
