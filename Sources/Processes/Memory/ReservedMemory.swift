package import Bytes
internal import CLinux

/// Address space of ours that takes memory only where it is written to.
///
/// It is written before it becomes a view, and never after.
@safe
package final class ReservedMemory: ByteStorage, @unchecked Sendable {
  private let address: UnsafeMutableRawPointer
  /// How much of it is used.
  package private(set) var used = 0

  /// - Throws: ``ProcessError/noMemory(errno:)``.
  package static func make(capacity: Int) throws(ProcessError) -> ReservedMemory {
    var address: UnsafeMutableRawPointer?
    let result = unsafe inquest_reserve(UInt64(capacity), &address)
    guard result == 0, let address = unsafe address else { throw .noMemory(errno: Int32(clamping: -result)) }
    return unsafe ReservedMemory(address: address, capacity: capacity)
  }

  private init(address: UnsafeMutableRawPointer, capacity: Int) {
    unsafe self.address = address
    unsafe super.init(base: UnsafeRawPointer(address), count: capacity)
  }

  /// How many bytes still fit.
  package var room: Int { count - used }

  /// Leaves bytes that are zero, up to `offset`.
  package func skip(to offset: Int) {
    if offset > used, offset <= count { used = offset }
  }

  /// Copies ranges of a process's memory behind what is there, in order.
  ///
  /// - Returns: how many bytes came before the first that cannot be read, or does not fit; nil where the process may not be
  ///   read at all, or is gone.
  func append(_ ranges: ArraySlice<Range<UInt64>>, of process: Int32) -> Int? {
    var wanted = 0
    var list: [inquest_range] = []
    list.reserveCapacity(ranges.count)
    for range in ranges {
      let size = min(range.upperBound - range.lowerBound, UInt64(room - wanted))
      guard size > 0 else { break }
      list.append(inquest_range(start: range.lowerBound, size: size))
      wanted += Int(size)
    }
    let copied = unsafe inquest_copy_memory(process, address + used, list, UInt64(list.count))
    guard copied >= 0 else { return nil }
    used += Int(copied)
    return Int(copied)
  }

  /// Puts bytes behind what is there.
  ///
  /// - Returns: false where they do not fit.
  package func append(_ bytes: [UInt8]) -> Bool {
    guard write(bytes, at: used) else { return false }
    used += bytes.count
    return true
  }

  /// Puts bytes at an offset.
  package func write(_ bytes: [UInt8], at offset: Int) -> Bool {
    guard offset >= 0, offset <= count, bytes.count <= count - offset else { return false }
    unsafe UnsafeMutableRawBufferPointer(start: address + offset, count: bytes.count).copyBytes(from: bytes)
    return true
  }

  /// What was written. Nothing may be written after this.
  package var written: ByteView { ByteView(self).prefix(from: 0, atMost: UInt64(used)) }

  deinit { unsafe inquest_unmap(address, UInt64(count)) }
}
