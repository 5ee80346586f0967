public import Heaps

extension Investigation {
  /// The chunk of glibc's malloc that `address`, in the target, lies in; nil where none is found.
  public func heapChunk(containing address: UInt64) -> HeapChunk? { heap.chunk(containing: address) }
}
