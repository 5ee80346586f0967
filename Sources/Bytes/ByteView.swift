/// A run of immutable, untrusted bytes, and whatever keeps them alive.
///
/// Copying a view copies a pointer, a length and a reference. Every read is bounds-checked; every
/// offset is relative to the view's first byte. Multi-byte values are little-endian: Inquest reads
/// x86-64 and little-endian aarch64 only.
public struct ByteView: Sendable {
  @usableFromInline let storage: ByteStorage
  @usableFromInline let offset: Int
  /// The number of bytes.
  public let count: Int

  @inlinable
  init(storage: ByteStorage, offset: Int, count: Int) {
    self.storage = storage
    self.offset = offset
    self.count = count
  }

  /// All bytes of `storage`.
  public init(_ storage: ByteStorage) {
    self.init(storage: storage, offset: 0, count: storage.count)
  }

  /// A copy of `bytes` on the heap.
  public init(_ bytes: [UInt8]) {
    self.init(HeapBytes(bytes))
  }

  /// No bytes.
  public static let empty = ByteView([])

  /// Whether there are no bytes.
  public var isEmpty: Bool { count == 0 }

  /// The bytes as a span, for parsing in place. It must not outlive this view.
  public var span: RawSpan {
    @inlinable @_lifetime(borrow self)
    get {
      let buffer = unsafe UnsafeRawBufferPointer(start: storage.base + offset, count: count)
      return unsafe _overrideLifetime(RawSpan(_unsafeBytes: buffer), borrowing: self)
    }
  }

  /// The little-endian integer at `offset`, or nil where it does not lie wholly within the view.
  @inlinable @inline(__always)
  public func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T? {
    guard offset >= 0, offset <= count - MemoryLayout<T>.size else { return nil }
    return unsafe T(littleEndian: (storage.base + (self.offset + offset)).loadUnaligned(as: T.self))
  }

  /// The little-endian integer at a 64-bit `offset` that came from a file.
  @inlinable @inline(__always)
  public func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: UInt64) -> T? {
    guard let offset = Int(exactly: offset) else { return nil }
    return load(type, at: offset)
  }

  /// The `count` bytes from `offset`, or nil where they do not lie wholly within the view.
  @inlinable
  public func slice(_ offset: Int, _ count: Int) -> ByteView? {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else { return nil }
    return ByteView(storage: storage, offset: self.offset + offset, count: count)
  }

  /// The `count` bytes from `offset`, both of which came from a file; nil where they do not fit.
  @inlinable
  public func slice(_ offset: UInt64, _ count: UInt64) -> ByteView? {
    guard let offset = Int(exactly: offset), let count = Int(exactly: count) else { return nil }
    return slice(offset, count)
  }

  /// As much of `offset ..< offset + count` as there is: what is left of a file that was cut short.
  public func prefix(from offset: UInt64, atMost count: UInt64) -> ByteView {
    guard let start = Int(exactly: offset), start <= self.count else { return .empty }
    let available = self.count - start
    return ByteView(
      storage: storage, offset: self.offset + start, count: Int(exactly: count).map { min($0, available) } ?? available)
  }

  /// The bytes from `offset` to the end, or nil where `offset` lies beyond it.
  @inlinable
  public func suffix(from offset: Int) -> ByteView? {
    guard offset >= 0, offset <= count else { return nil }
    return ByteView(storage: storage, offset: self.offset + offset, count: count - offset)
  }

  /// The bytes from `offset` up to, without, the next zero byte.
  ///
  /// - Parameter limit: the most bytes that are looked at.
  /// - Returns: nil where `offset` lies outside, or no zero byte comes within `limit` bytes.
  public func cString(at offset: Int, limit: Int = 65_536) -> ByteView? {
    guard offset >= 0, offset < count else { return nil }
    let most = min(limit, count - offset)
    let start = unsafe storage.base + (self.offset + offset)
    guard let length = unsafe UnsafeRawBufferPointer(start: start, count: most).firstIndex(of: 0) else { return nil }
    return ByteView(storage: storage, offset: self.offset + offset, count: length)
  }

  /// The bytes as text, with what is no valid UTF-8 replaced by U+FFFD.
  public var text: String {
    unsafe String(decoding: UnsafeRawBufferPointer(start: storage.base + offset, count: count), as: UTF8.self)
  }

  /// A copy of the bytes.
  public var array: [UInt8] {
    unsafe Array(UnsafeRawBufferPointer(start: storage.base + offset, count: count))
  }

  /// Calls `body` with the bytes, for C libraries; the pointer is valid only during the call.
  @inlinable
  public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try unsafe body(UnsafeRawBufferPointer(start: storage.base + offset, count: count))
  }

  /// Whether both views hold the same bytes.
  public func hasSameBytes(as other: ByteView) -> Bool {
    guard count == other.count else { return false }
    return unsafe withUnsafeBytes { mine in unsafe other.withUnsafeBytes { unsafe mine.elementsEqual($0) } }
  }

  /// Whether the view holds exactly the UTF-8 bytes of `string`.
  public func equals(_ string: StaticString) -> Bool {
    guard count == string.utf8CodeUnitCount, string.hasPointerRepresentation else { return false }
    return unsafe withUnsafeBytes { mine in
      unsafe mine.elementsEqual(UnsafeBufferPointer(start: string.utf8Start, count: string.utf8CodeUnitCount))
    }
  }
}
