/// What malloc keeps account of, for people.
struct HeapText {
  private let page: TextPage

  init(_ page: TextPage) { self.page = page }

  func write(_ heap: ReportedHeap) {
    for other in heap.otherAllocators {
      page.paragraph("This program has \(other.name) (\(other.module)), whose memory is not shown here.", column: 0)
    }
    guard heap.allocator != nil else {
      page.paragraph("No heap of glibc's malloc was found.", column: 0)
      return
    }
    for arena in heap.arenas { write(arena) }
    if heap.mapped.chunks > 0 {
      page.with(.heading) { page.put("mapped one by one") }
      page.put(escaping: ": \(Self.total(heap.mapped))")
      page.endLine()
      for chunk in heap.largestMapped {
        page.put("  ")
        page.paragraph("\(Quantities.bytes(chunk.userSize)) at \(chunk.userStart.text)", column: 2)
      }
    }
    if !heap.sizeClasses.isEmpty {
      page.with(.heading) { page.put("sizes of chunks in use that take the most") }
      page.endLine()
      for entry in heap.sizeClasses { write(entry) }
    }
    if !heap.areCachesKnown {
      page.paragraph(
        "Not all caches of freed chunks were found: some of the chunks that count as used may be free.", column: 0)
    }
    writeProblems(heap)
  }

  private func write(_ entry: ReportedSizeClass) {
    let size =
      entry.lowest == entry.highest
      ? "\(entry.lowest)" : "\(Quantities.bytes(entry.lowest)) to \(Quantities.bytes(entry.highest))"
    page.spaces(max(2, 24 - size.utf8.count))
    page.put(escaping: size)
    page.put("  ")
    page.put(escaping: Self.total(ReportedTotal(chunks: entry.chunks, bytes: entry.bytes)))
    page.endLine()
  }

  private func write(_ arena: ReportedArena) {
    page.with(.heading) {
      page.put(escaping: arena.source == "main-arena" ? "main arena" : "thread arena")
      if let address = arena.arena { page.put(escaping: " \(address.text)") }
    }
    let heaps = arena.extents == 1 ? "" : ", in \(Quantities.count(arena.extents, "heap"))"
    if let system = arena.systemBytes {
      page.put(escaping: ": \(Quantities.bytes(system)) from the system\(heaps)")
    } else {
      page.put(escaping: ": its own account was not found\(heaps)")
    }
    page.endLine()
    for (label, total) in [("in use", arena.used), ("cached", arena.cached), ("free", arena.free)] {
      page.put("  ")
      page.put(escaping: label)
      page.spaces(8 - label.utf8.count)
      page.put(escaping: Self.total(total))
      page.endLine()
    }
    page.put("  top     ")
    page.put(escaping: Quantities.bytes(arena.top))
    page.endLine()
  }

  private func writeProblems(_ heap: ReportedHeap) {
    if heap.problems.isEmpty {
      page.paragraph(
        heap.isWhole
          ? "Consistent: every chunk's header agrees with its neighbours'."
          : "No contradiction was found, but not all of the heap could be gone through.", column: 0)
      return
    }
    for problem in heap.problems {
      // What malloc is changing contradicts itself for a moment.
      let word = heap.threadsInAllocator.isEmpty ? "corrupt" : "contradiction"
      page.with(.warning) { page.put(escaping: word) }
      page.put(": ")
      page.paragraph(problem.statement, column: word.utf8.count + 2)
      HexDumpText(page).write(problem.bytes, at: problem.place, indent: 2)
      if let before = problem.before {
        page.put("  ")
        page.paragraph("before it: \(before.description)", column: 2)
      }
      guard let contents = problem.contents else { continue }
      HexDumpText(page).write(contents.bytes, at: contents.address, indent: 4)
      if let text = contents.text {
        page.put("    ")
        page.paragraph("as text: \"\(text)\"", column: 4)
      }
    }
    if !heap.threadsInAllocator.isEmpty {
      let ids = heap.threadsInAllocator.prefix(4).map(String.init).joined(separator: ", ")
      page.paragraph(
        "\(heap.threadsInAllocator.count == 1 ? "Thread" : "Threads") \(ids)\(heap.threadsInAllocator.count > 4 ? ", …" : "") "
          + "ran inside malloc at that moment: it may be corrupt, or just being changed.", column: 0)
    }
    if !heap.isWhole { page.paragraph("What lies behind a broken header is not counted above.", column: 0) }
  }

  /// "12 chunks, 1.5 MiB".
  private static func total(_ total: ReportedTotal) -> String {
    "\(Quantities.count(total.chunks, "chunk")), \(Quantities.bytes(total.bytes))"
  }
}
