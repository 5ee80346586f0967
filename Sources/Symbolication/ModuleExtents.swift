internal import Bytes
internal import Targets

/// Leads from an address to the module that contains it.
struct ModuleExtents: Sendable {
  private struct Extent {
    let start: UInt64
    let end: UInt64
    let module: Int
  }

  /// By start.
  private let extents: [Extent]
  /// Whether modules overlap, so that the one that starts nearest is not always the one.
  private let overlap: Bool

  init(_ modules: [Module]) {
    let extents = modules.enumerated().map { Extent(start: $1.start, end: $1.end, module: $0) }
      .sorted { ($0.start, $0.module) < ($1.start, $1.module) }
    self.extents = extents
    overlap = zip(extents, extents.dropFirst()).contains { $0.end > $1.start }
  }

  /// The index of the first module that contains the target `address`.
  func module(containing address: UInt64) -> Int? {
    if overlap {
      return extents.filter { address >= $0.start && address < $0.end }.map(\.module).min()
    }
    let after = extents.partitioningIndex { $0.start > address }
    guard after > 0, address < extents[after - 1].end else { return nil }
    return extents[after - 1].module
  }
}
