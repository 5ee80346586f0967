internal import CLinux

extension ByteView {
  /// Where `pattern` first stands in the view at `offset` or behind it; nil where it does not.
  package func firstIndex(of pattern: ByteView, from offset: Int) -> Int? {
    guard let rest = suffix(from: offset), pattern.count > 0 else { return nil }
    let found = unsafe rest.withUnsafeBytes { bytes in
      unsafe pattern.withUnsafeBytes { wanted in
        unsafe inquest_find(bytes.baseAddress, UInt64(bytes.count), wanted.baseAddress, UInt64(wanted.count))
      }
    }
    return found < 0 ? nil : offset + Int(found)
  }
}
