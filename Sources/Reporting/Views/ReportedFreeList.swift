internal import Heaps

/// One of malloc's lists of free chunks.
package struct ReportedFreeList: Encodable, Sendable {
  /// "tcache", "fastbin", "unsorted", "small" or "large".
  package let kind: String
  /// The size of the chunks that it is for, where that is one.
  package let chunkSize: UInt64?
  /// The thread whose cache it is.
  package let thread: Int32?
  /// The number of the arena's bin, of a large one.
  package let bin: Int?

  init(_ list: FreeList) {
    switch list {
    case .threadCache(let owner, let size): (kind, chunkSize, thread, bin) = ("tcache", size, owner, nil)
    case .fastBin(let size): (kind, chunkSize, thread, bin) = ("fastbin", size, nil, nil)
    case .unsorted: (kind, chunkSize, thread, bin) = ("unsorted", nil, nil, nil)
    case .small(let size): (kind, chunkSize, thread, bin) = ("small", size, nil, nil)
    case .large(let number): (kind, chunkSize, thread, bin) = ("large", nil, nil, number)
    }
  }

  /// "the tcache of thread 1234, bin 0x40".
  package var text: String {
    let size = chunkSize.map { HexAddress($0).text } ?? ""
    return switch kind {
    case "tcache": "\(thread.map { "the tcache of thread \($0)" } ?? "a tcache"), bin \(size)"
    case "fastbin": "fastbin \(size)"
    case "unsorted": "the unsorted bin"
    case "small": "small bin \(size)"
    default: "large bin \(bin ?? 0)"
    }
  }
}
