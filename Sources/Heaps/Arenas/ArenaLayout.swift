/// Where the fields of `struct malloc_state` lie (glibc `malloc/malloc.c`, 64-bit): two fields came with time, and which
/// of them a libc has is told by what fits, never by its version.
package struct ArenaLayout: Sendable, Equatable {
  /// `have_fastchunks` is there (since glibc 2.27): all that follows lies eight bytes further.
  let hasFastChunksField: Bool
  /// `attached_threads` is there (since glibc 2.23).
  let hasAttachedThreads: Bool

  /// NFASTBINS, for chunks of 32 to 176 bytes.
  static let fastBinCount = 10
  /// Bins 1 to 127: 1 is the unsorted one, up to 63 the small ones, then the large ones.
  static let binCount = 127
  static let firstLargeBin = 64
  /// The bytes of all bins: two pointers each.
  static let binBytes = binCount * 16

  /// Offsets from the state's start.
  var fastBins: UInt64 { hasFastChunksField ? 16 : 8 }
  var top: UInt64 { fastBins + 80 }
  var bins: UInt64 { fastBins + 96 }
  /// `next`, behind 16 bytes of `binmap`.
  var next: UInt64 { bins + UInt64(Self.binBytes) + 16 }
  var systemMemory: UInt64 { next + (hasAttachedThreads ? 24 : 16) }
  /// sizeof(struct malloc_state).
  var size: UInt64 { systemMemory + 16 }

  /// The address that stands for bin `number`, from 1, of the arena at `arena`: as if the two pointers were a chunk's.
  func bin(_ number: Int, of arena: UInt64) -> UInt64 { arena &+ bins &+ UInt64(number - 1) &* 16 &- 16 }
}
