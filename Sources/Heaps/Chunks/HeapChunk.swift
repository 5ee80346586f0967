/// A block of memory that glibc's malloc keeps account of (glibc `malloc/malloc.c`, `struct malloc_chunk`).
public struct HeapChunk: Sendable, Equatable {
  /// The address of the chunk's header in the target.
  public let start: UInt64
  /// How many bytes it is to the next chunk's header, its own header included.
  public let size: UInt64
  /// What it was taken from.
  public let source: Source
  /// Who has it.
  public let state: State
  /// The list of free chunks that it was found on; nil where it is on none, or that was not looked for.
  public let list: FreeList?

  /// What a chunk was taken from.
  public enum Source: Sendable, Hashable {
    /// The heap that brk(2) grows, or what stands for it where that fails.
    case mainArena
    /// A heap of the arena whose `struct malloc_state` lies at this address in the target.
    case threadArena(UInt64)
    /// An mmap(2) of its own: the request was a large one.
    case mapping
  }

  /// Who has a chunk.
  public enum State: Sendable, Equatable {
    /// The program has it: its neighbour says so, and none of malloc's lists holds it.
    case used
    /// The program has it, or it was freed and lies in a cache whose chunks look as if they were used: not all caches
    /// were found.
    case usedOrCached
    /// It was freed, and lies in a cache for chunks of its size (tcache, fastbin), ready to be handed out again.
    case cached
    /// It was freed.
    case free
    /// What is left of the heap behind the last chunk that was handed out.
    case top
  }

  init(start: UInt64, size: UInt64, source: Source, state: State, list: FreeList? = nil) {
    self.start = start
    self.size = size
    self.source = source
    self.state = state
    self.list = list
  }

  /// The bytes before what malloc(3) returns.
  static let headerSize: UInt64 = 16

  /// What malloc(3) returned, or would: an address in the target.
  public var userStart: UInt64 { start + Self.headerSize }

  /// How many bytes the program may use (malloc_usable_size(3)): up to the size of the next chunk's header, in whose
  /// first word they end, except where nothing follows.
  public var userSize: UInt64 { source == .mapping || state == .top ? size - Self.headerSize : size - 8 }

  /// The address behind the last byte that the program may use.
  public var userEnd: UInt64 { userStart + userSize }

  /// Whether it was given back to malloc(3), by what malloc itself keeps account of.
  public var isFreed: Bool { state == .free || state == .cached }

  /// How far `address`, in the target, is from what malloc(3) returned; nil where it lies in the header.
  public func offset(of address: UInt64) -> UInt64? { address >= userStart ? address - userStart : nil }
}
