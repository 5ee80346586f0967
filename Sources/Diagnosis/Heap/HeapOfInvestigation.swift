public import Heaps

extension Investigation {
  /// The chunk of glibc's malloc that `address`, in the target, lies in; nil where none is found.
  public func heapChunk(containing address: UInt64) -> HeapChunk? { heap.chunk(containing: address) }
}

extension Investigation {
  /// How many headers are read to find what is corrupt: a verdict must not wait for a heap of many gigabytes.
  static let checkedHeaders = 1 << 26
}
