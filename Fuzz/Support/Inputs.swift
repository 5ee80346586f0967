public import Bytes

/// The bytes that libFuzzer gives an entry point, as the parsers take them. A copy: a read beyond its end is seen by
/// the address sanitizer, and a view that outlives the run is not.
public func view(_ start: UnsafePointer<UInt8>, _ count: Int) -> ByteView {
  ByteView(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
}

extension ByteView {
  /// Several inputs in one: each is preceded by its length, two bytes, little-endian. One that is cut is what is left;
  /// one that is missing is empty.
  public func parts(_ count: Int) -> [ByteView] {
    var offset: UInt64 = 0
    return (0..<count).map { _ in
      let length = UInt64(load(UInt16.self, at: offset) ?? 0)
      let part = prefix(from: offset &+ 2, atMost: length)
      offset = offset &+ 2 &+ length
      return part
    }
  }
}
