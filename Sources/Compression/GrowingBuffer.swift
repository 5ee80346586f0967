internal import Bytes
internal import Glibc

/// Room for output of unknown size: it doubles as output comes, up to a limit.
@safe
final class GrowingBuffer {
  private var start: UnsafeMutableRawPointer?
  private var capacity = 0
  private var count = 0
  private let limit: Int

  /// - Parameter limit: the most bytes that are wanted; one more is let in, to show that there are more.
  init(limit: Int) {
    self.limit = max(0, min(limit, Int.max / 4))
  }

  /// Whether more came than was wanted.
  var isOverLimit: Bool { count > limit }

  /// Room that has not been written to; it holds at least one byte after ``makeRoom()``.
  var room: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: start.map { unsafe $0 + count }, count: capacity - count)
  }

  /// Sees to room for `size` bytes in all, or for as many as the limit allows.
  /// - Returns: false where there is no memory.
  func reserve(_ size: Int) -> Bool {
    let wanted = min(max(size, 1), limit + 1)
    guard wanted > capacity else { return true }
    guard let grown = unsafe realloc(start, wanted) else { return false }
    unsafe start = grown
    capacity = wanted
    return true
  }

  /// Sees to room for at least one more byte; false where there is no memory.
  func makeRoom() -> Bool {
    count < capacity || reserve(max(capacity * 2, 4096))
  }

  /// Counts `produced` bytes of ``room`` as written.
  func commit(_ produced: Int) {
    precondition(produced >= 0 && produced <= capacity - count, "more was written than there was room")
    count += produced
  }

  /// Hands the bytes over, shrunk to their number.
  func finish() -> ByteStorage {
    defer {
      unsafe start = nil
      (capacity, count) = (0, 0)
    }
    guard count > 0, let block = unsafe start else { return HeapBytes([]) }
    return unsafe AllocatedBytes(realloc(block, count) ?? block, count: count)
  }

  deinit { unsafe free(start) }
}

/// Bytes in a block of malloc's, freed with the last view of them.
@safe
private final class AllocatedBytes: ByteStorage, @unchecked Sendable {
  private let block: UnsafeMutableRawPointer

  init(_ block: UnsafeMutableRawPointer, count: Int) {
    unsafe self.block = unsafe block
    unsafe super.init(base: UnsafeRawPointer(block), count: count)
  }

  deinit { unsafe free(block) }
}
