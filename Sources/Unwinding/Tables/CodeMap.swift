internal import Bytes

/// Which addresses of the target are code, and of which module.
struct CodeMap {
  private struct Entry {
    var start: UInt64
    var end: UInt64
    var module: Int
  }

  private let entries: [Entry]

  /// A module that names no code ranges counts as code from its first to its last address.
  init(_ modules: [UnwindModule]) {
    var entries: [Entry] = []
    for (index, module) in modules.enumerated() {
      let ranges = module.code.isEmpty && module.start < module.end ? [module.start..<module.end] : module.code
      entries += ranges.map { Entry(start: $0.lowerBound, end: $0.upperBound, module: index) }
    }
    entries.sort { ($0.start, $0.end) < ($1.start, $1.end) }
    self.entries = entries
  }

  /// The index of the module whose code contains `address`; nil where it is not code.
  func module(containing address: UInt64) -> Int? {
    let after = entries.partitioningIndex { $0.start > address }
    // Modules do not overlap in a sound target; in one that is not, the nearest few are tried.
    for index in stride(from: after - 1, through: max(0, after - 8), by: -1) where index >= 0 {
      if entries[index].end > address { return entries[index].module }
    }
    return nil
  }
}
