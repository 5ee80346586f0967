/// What keeps the bytes of a ``ByteView`` in memory: a mapped file, or a buffer on the heap.
///
/// A subclass promises that `base ..< base + count` stays readable and unchanged until its `deinit`.
@safe
open class ByteStorage: @unchecked Sendable {
  /// The first byte. Never read when `count` is 0.
  @usableFromInline let base: UnsafeRawPointer
  /// The number of bytes.
  public let count: Int

  /// - Parameters:
  ///   - base: the first byte, readable for the life of this object.
  ///   - count: the number of bytes, not negative.
  public init(base: UnsafeRawPointer, count: Int) {
    precondition(count >= 0, "a storage of negative size")
    unsafe self.base = base
    self.count = count
  }
}

/// Bytes that were made by us (decompressed, copied) and live on the heap.
@safe
public final class HeapBytes: ByteStorage, @unchecked Sendable {
  private let buffer: UnsafeMutableRawBufferPointer

  /// A buffer of `count` bytes that `fill` writes; what it leaves unwritten is zero.
  ///
  /// - Parameter fill: gets the whole buffer; how many bytes of it are kept is what it returns.
  public init<E: Error>(count: Int, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Int) throws(E) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Swift.max(count, 1), alignment: 16)
    unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
    let kept: Int
    do {
      kept = try unsafe fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    } catch {
      unsafe buffer.deallocate()
      throw error
    }
    precondition(kept >= 0 && kept <= count, "more bytes kept than there are")
    unsafe self.buffer = buffer
    // The buffer is never empty (max(count, 1) above), so it has a base address.
    guard let base = buffer.baseAddress else { preconditionFailure("an allocation without an address") }
    unsafe super.init(base: UnsafeRawPointer(base), count: kept)
  }

  /// A copy of `bytes`.
  public convenience init(_ bytes: [UInt8]) {
    unsafe self.init(count: bytes.count) { buffer in
      unsafe buffer.copyBytes(from: bytes)
      return bytes.count
    }
  }

  deinit { unsafe buffer.deallocate() }
}
