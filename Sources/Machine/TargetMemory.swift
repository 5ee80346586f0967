public import Bytes

/// A contiguous readable run of a target's memory.
public struct MemoryWindow: Sendable {
  /// The target address of the first byte.
  public let start: UInt64
  /// The bytes. `start + bytes.count` does not wrap.
  public let bytes: ByteView

  /// - Precondition: `start + bytes.count` does not exceed 2^64 - 1.
  @inlinable
  public init(start: UInt64, bytes: ByteView) {
    self.start = start
    self.bytes = bytes
  }

  /// The target address after the last byte.
  @inlinable public var end: UInt64 { start + UInt64(bytes.count) }
  @inlinable public func contains(_ address: UInt64) -> Bool {
    address >= start && address - start < UInt64(bytes.count)
  }

  /// The little-endian integer at target `address`, or nil where it does not lie wholly within.
  @inlinable @inline(__always)
  public func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at address: UInt64) -> T? {
    guard address >= start, address - start < UInt64(bytes.count) else { return nil }
    return bytes.load(type, at: Int(address - start))
  }
}

/// The memory of a target: of a core, of a stopped process, of a test.
///
/// Addresses are the target's. What cannot be read is nil, never a fault and never invented zeros.
public protocol TargetMemory: AnyObject, Sendable {
  /// The longest contiguous run known to be readable that contains `address`; nil where it is not readable.
  func window(containing address: UInt64) -> MemoryWindow?
}

extension TargetMemory {
  /// The little-endian integer at target `address`; nil where any byte of it is not readable.
  public func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at address: UInt64) -> T? {
    guard let window = window(containing: address) else { return nil }
    if let value = window.load(type, at: address) { return value }
    guard let bytes = read(address, MemoryLayout<T>.size) else { return nil }
    return bytes.load(type, at: 0)
  }

  /// A pointer-sized word at target `address`.
  public func word(at address: UInt64) -> UInt64? { load(UInt64.self, at: address) }

  /// Exactly `count` bytes at target `address`, zero-copy where one window holds them all; nil where any
  /// byte is not readable.
  public func read(_ address: UInt64, _ count: Int) -> ByteView? {
    let bytes = readPrefix(address, count)
    return bytes.count == count ? bytes : nil
  }

  /// As many of the `count` bytes at target `address` as can be read without a gap.
  public func readPrefix(_ address: UInt64, _ count: Int) -> ByteView {
    guard count > 0, let first = window(containing: address) else { return .empty }
    let head = first.bytes.prefix(from: address - first.start, atMost: UInt64(count))
    guard head.count < count else { return head }
    var copy = head.array
    while copy.count < count {
      let (next, overflow) = address.addingReportingOverflow(UInt64(copy.count))
      guard !overflow, let window = window(containing: next) else { break }
      copy += window.bytes.prefix(from: next - window.start, atMost: UInt64(count - copy.count)).array
    }
    return copy.count == head.count ? head : ByteView(copy)
  }

  /// The bytes from target `address` up to the next zero byte, at most `limit`; nil where memory ends, or
  /// `limit` is reached, before a zero byte.
  public func cString(at address: UInt64, limit: Int = 4096) -> ByteView? {
    guard let window = window(containing: address) else { return nil }
    if let within = window.bytes.cString(at: Int(address - window.start), limit: limit) { return within }
    return readPrefix(address, limit).cString(at: 0, limit: limit)
  }
}
