internal import Targets
internal import Unwinding

/// Whether a crash happened within malloc itself: there it follows its own links through free blocks.
enum MallocFrames {
  /// What programs call.
  static let entries: Set<String> = [
    "free", "__libc_free", "__GI___libc_free", "cfree", "malloc", "__libc_malloc", "__GI___libc_malloc", "realloc",
    "__libc_realloc", "__GI___libc_realloc", "calloc", "__libc_calloc", "memalign", "__libc_memalign",
    "posix_memalign", "aligned_alloc", "malloc_trim", "malloc_usable_size", "mallinfo", "mallinfo2",
  ]

  /// What those call.
  static let internals: Set<String> = [
    "_int_free", "_int_malloc", "_int_realloc", "_int_memalign", "malloc_consolidate", "unlink_chunk",
    "unlink_chunk.isra.0", "unlink_chunk.constprop.0", "sysmalloc", "systrim", "systrim.constprop.0",
    "tcache_thread_shutdown", "_int_free_merge_chunk", "_int_free_create_chunk", "_int_free_maybe_consolidate",
    "malloc_printerr", "munmap_chunk", "tcache_init", "_mid_memalign", "_int_free_chunk",
  ]

  /// The number of the frame of malloc's that the program called, where the innermost frames, all of the library, end
  /// with one.
  static func entry(_ investigation: Investigation, _ crash: Crash) -> Int? {
    let frames = Array(crash.walk.frames.prefix(8))
    let names = investigation.rawNames(of: frames)
    guard let library = investigation.libraryModule else { return nil }
    var last: Int?
    for (index, name) in names.enumerated() {
      guard investigation.target.moduleIndex(containing: frames[index].lookupAddress) == library else { break }
      if entries.contains(name) { return index }
      if internals.contains(name) { last = index } else if last != nil || !name.isEmpty { break }
    }
    return last
  }

  /// Whether the crash happened in malloc, or may have, where the library's code has no names.
  static func isInside(_ investigation: Investigation, _ crash: Crash) -> Bool {
    if entry(investigation, crash) != nil { return true }
    guard let frame = crash.walk.frames.first, let library = investigation.libraryModule,
      investigation.target.moduleIndex(containing: frame.lookupAddress) == library
    else { return false }
    return investigation.rawName(at: frame.lookupAddress).isEmpty
  }
}

extension Investigation {
  /// The threads that were running malloc's own code when they were dumped: what it is changing may contradict itself for a
  /// moment, in a heap that is as it should be.
  package func threadsInAllocator() -> [Int32] {
    let innermost = target.threads.indices.compactMap { index in
      walk(ofThread: index).frames.first.map { (index, $0) }
    }
    let names = rawNames(of: innermost.map(\.1))
    return zip(innermost, names).compactMap { thread, name in
      MallocFrames.entries.contains(name) || MallocFrames.internals.contains(name) ? target.threads[thread.0].tid : nil
    }
  }
}
