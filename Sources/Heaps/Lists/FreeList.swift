/// One of the lists in which glibc's malloc keeps chunks that were freed (glibc `malloc/malloc.c`).
public enum FreeList: Sendable, Equatable, Hashable {
  /// A thread's own cache (tcache), for chunks of this size; nil where the thread is not known.
  case threadCache(thread: Int32?, size: UInt64)
  /// An arena's fastbin, for chunks of this size.
  case fastBin(size: UInt64)
  /// An arena's unsorted bin: freed a short while ago, and not looked at since.
  case unsorted
  /// An arena's bin for chunks of exactly this size.
  case small(size: UInt64)
  /// An arena's bin number for chunks of 1,024 bytes and more, of a range of sizes.
  case large(bin: Int)
}
