import ArgumentParser
import Reporting

struct HeapView: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heap",
    abstract: "Show what malloc keeps account of, and the first headers that are corrupt.",
    discussion: """
      For glibc's malloc: what each arena has in use, cached, free and left over; the sizes that take the most; and \
      whether the account is consistent. A corrupt header is shown with the chunk before it, which is the one that was \
      written past its end, most likely. Sizes are those of chunks: what was asked for, 8 bytes more, and rounding.
      """)

  @OptionGroup
  var options: ExamineOptions

  func run() throws {
    try options.examine { examination, progress in
      let heap = examination.heapView {
        progress.show("checking MiB", Int(clamping: $0 >> 20), Int(clamping: $1 >> 20))
      }
      progress.clear()
      try options.show(heap) { $0.write(heap: heap) }
      if heap.allocator == nil { throw ExitStatus.notFound }
    }
  }
}
