extension Array {
  /// The first index whose element fulfils `predicate`, where all that do come after all that do not: binary search.
  @inlinable @inline(__always)
  package func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
