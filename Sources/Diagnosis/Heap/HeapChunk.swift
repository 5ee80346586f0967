/// A block of memory that glibc's malloc keeps account of (glibc `malloc/malloc.c`, `struct malloc_chunk`).
public struct HeapChunk: Sendable, Equatable {
  /// The address of the chunk's header in the target.
  public let start: UInt64
  /// How many bytes it is to the next chunk's header, its own header included.
  public let size: UInt64
  /// What it was taken from.
  public let source: Source
  /// Who has it, as far as the next chunk's header tells.
  public let state: State

  /// What a chunk was taken from.
  public enum Source: Sendable, Equatable {
    /// The heap that brk(2) grows.
    case mainArena
    /// A heap of the arena whose `struct malloc_state` lies at this address in the target.
    case threadArena(UInt64)
    /// An mmap(2) of its own: the request was a large one.
    case mapping
  }

  /// Who has a chunk.
  public enum State: Sendable, Equatable {
    /// The program has it, or it was freed and lies in a list (tcache, fastbin) whose chunks look as if they were used.
    case usedOrCached
    /// The program has it: an mmap(2) of its own is unmapped when it is freed.
    case used
    /// It was freed.
    case free
    /// What is left of the heap behind the last chunk that was handed out.
    case top
  }

  /// The bytes before what malloc(3) returns.
  static let headerSize: UInt64 = 16

  /// What malloc(3) returned, or would: an address in the target.
  public var userStart: UInt64 { start + Self.headerSize }

  /// How many bytes the program may use (malloc_usable_size(3)): up to the size of the next chunk's header, in whose
  /// first word they end, except where nothing follows.
  public var userSize: UInt64 { source == .mapping || state == .top ? size - Self.headerSize : size - 8 }

  /// How far `address`, in the target, is from what malloc(3) returned; nil where it lies in the header.
  public func offset(of address: UInt64) -> UInt64? { address >= userStart ? address - userStart : nil }
}
