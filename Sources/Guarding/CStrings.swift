/// Strings as execve takes them: pointers to bytes that end with zero, and a null pointer behind them.
struct CStrings {
  private let bytes: [UInt8]
  private let offsets: [Int]

  /// - Parameters:
  ///   - strings: the texts.
  ///   - undecodable: bytes that are no UTF-8, which some of the texts may stand for: they become those bytes again.
  init(_ strings: [String], undecodable: [[UInt8]] = []) {
    let originals = Dictionary(undecodable.map { (String(decoding: $0, as: UTF8.self), $0) }) { first, _ in first }
    var bytes: [UInt8] = []
    var offsets: [Int] = []
    for string in strings {
      offsets.append(bytes.count)
      bytes.append(contentsOf: originals[string] ?? Array(string.utf8))
      bytes.append(0)
    }
    self.bytes = bytes
    self.offsets = offsets
  }

  /// Calls `body` with the pointers, which are good until it returns, and gives what it does.
  func withPointers(_ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Int64) -> Int64 {
    unsafe bytes.withUnsafeBytes { bytes in
      var pointers: [UnsafePointer<CChar>?] = unsafe offsets.map { offset in
        unsafe bytes.baseAddress.map { unsafe ($0 + offset).assumingMemoryBound(to: CChar.self) }
      }
      unsafe pointers.append(nil)
      return unsafe pointers.withUnsafeBufferPointer { list in
        guard let first = list.baseAddress else { return 0 }
        return unsafe body(first)
      }
    }
  }
}
