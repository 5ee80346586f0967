internal import Bytes

/// Strings as execve takes them: pointers to bytes that end with zero, and a null pointer behind them.
struct CStrings {
  private let bytes: [UInt8]
  private let offsets: [Int]

  /// - Parameters:
  ///   - strings: the texts.
  ///   - undecoded: what some of them stand for.
  init(_ strings: [String], undecoded: UndecodedTexts = UndecodedTexts()) {
    var bytes: [UInt8] = []
    var offsets: [Int] = []
    for string in strings {
      offsets.append(bytes.count)
      bytes.append(contentsOf: undecoded.bytes(of: string))
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
