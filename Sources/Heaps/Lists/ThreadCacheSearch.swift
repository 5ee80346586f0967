internal import Machine
internal import Targets

/// Finds the caches of threads: `tcache`, a thread-local variable of libc, points to a thread's. It lies as far from the
/// thread pointer in every thread, and that distance is told by what it points to.
struct ThreadCacheSearch {
  let target: any Target
  let links: LinkReader

  /// How far from the thread pointer the variable is looked for: variables of the executable lie nearer to it.
  private static let reach: UInt64 = 64 << 10
  /// How many threads are searched for it.
  private static let searchedThreads = 8

  struct Result {
    var caches: [ThreadCache] = []
    /// Whether every thread's cache was found, or the thread has none.
    var isComplete = false
  }

  /// - Parameter mayHaveNone: whether this libc may be one without such caches (before glibc 2.26).
  func run(mayHaveNone: Bool) -> Result {
    var votes: [UInt64: (threads: Int, chunks: Int)] = [:]
    let searched = target.threads.filter { $0.threadPointer != nil }.prefix(Self.searchedThreads)
    for thread in searched {
      guard let pointer = thread.threadPointer else { continue }
      for offset in offsets {
        guard let value = links.memory.word(at: pointer &+ offset), value != 0, value % 16 == 0,
          let cache = ThreadCache(at: value, thread: thread.tid, links)
        else { continue }
        let vote = votes[offset] ?? (0, 0)
        votes[offset] = (vote.threads + 1, vote.chunks + cache.chunkCount)
      }
    }
    let best = votes.max { a, b in
      (a.value.threads, a.value.chunks, b.key) < (b.value.threads, b.value.chunks, a.key)
    }
    var result = Result()
    guard let offset = best?.key else {
      result.isComplete = mayHaveNone && !searched.isEmpty
      return result
    }
    result.isComplete = true
    for thread in target.threads {
      guard let pointer = thread.threadPointer, let value = links.memory.word(at: pointer &+ offset) else {
        result.isComplete = false
        continue
      }
      // A thread that has not called malloc yet, or that is about to end.
      if value == 0 { continue }
      if let cache = ThreadCache(at: value, thread: thread.tid, links) {
        result.caches.append(cache)
      } else {
        result.isComplete = false
      }
    }
    return result
  }

  /// Distances from the thread pointer, in the order of likelihood: static thread-local data lie below it on x86-64, and
  /// above it on aarch64 (ELF Handling For Thread-Local Storage, variants II and I).
  private var offsets: [UInt64] {
    stride(from: UInt64(8), through: Self.reach, by: 8).map { target.architecture == .x86_64 ? 0 &- $0 : $0 }
  }
}
