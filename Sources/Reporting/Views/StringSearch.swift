internal import Bytes
internal import Machine
package import Targets

/// Looks for text in the memory that a core holds, a mapping at a time, without keeping any of it.
package struct StringSearch {
  private let target: any Target
  private let pattern: Pattern
  /// Shorter runs of printable characters are not taken for text.
  private let shortest: Int
  /// Longer runs are cut into pieces of this length, of which each is looked at by itself.
  private static let longest = 4096

  package init(_ target: any Target, pattern: Pattern, shortest: Int) {
    self.target = target
    self.pattern = pattern
    self.shortest = max(1, shortest)
  }

  /// A string, and where it lies.
  package struct Hit: Encodable {
    package let address: HexAddress
    package let region: String
    package let text: String
  }

  /// Calls `found` for each string of printable ASCII that the pattern matches, by address.
  ///
  /// - Parameter progress: is told how many bytes have been searched.
  /// - Returns: how many there were.
  package func run(progress: (UInt64) -> Void = { _ in }, _ found: (Hit) throws -> Void) rethrows -> Int {
    var count = 0
    var searched: UInt64 = 0
    for mapping in target.mappings where mapping.dumpedSize > 0 {
      let region = MappingsText.use(ReportedMapping(mapping))
      var address = mapping.start
      let end = mapping.start &+ min(mapping.dumpedSize, mapping.size)
      while address < end, let window = target.memory.window(containing: address) {
        let bytes = window.bytes.prefix(from: address - window.start, atMost: end - address)
        guard !bytes.isEmpty else { break }
        try search(bytes) { offset, text in
          count += 1
          try found(Hit(address: HexAddress(address &+ UInt64(offset)), region: region, text: text.text))
        }
        address += UInt64(bytes.count)
        searched += UInt64(bytes.count)
        progress(searched)
      }
    }
    return count
  }

  private func search(_ bytes: ByteView, _ found: (Int, ByteView) throws -> Void) rethrows {
    let span = bytes.span
    var start = 0
    for offset in 0...span.byteCount {
      let isText: Bool
      if offset < span.byteCount {
        let byte = unsafe span.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
        isText = byte >= 0x20 && byte < 0x7f || byte == 0x09
      } else {
        isText = false
      }
      if isText, offset - start < Self.longest { continue }
      if offset - start >= shortest, let run = bytes.slice(start, offset - start), pattern.matches(run) {
        try found(start, run)
      }
      start = isText ? offset : offset + 1
    }
  }
}
