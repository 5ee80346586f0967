/// A small table that leads from an address to its place among many sorted ones in constant time, for the
/// loop that asks so for every symbol of a module.
struct AddressBuckets {
  private let base: UInt64
  private let shift: UInt64
  /// At each bucket the index of the first address that lies in it or after it; one more at the end.
  private let starts: [Int32]

  /// - Parameter addresses: sorted, without duplicates, fewer than 2^31.
  init(_ addresses: [UInt64]) {
    base = addresses.first ?? 0
    let span = (addresses.last ?? 0) - base
    let wanted = UInt64(max(64, min(addresses.count, 1 << 16)))
    var shift: UInt64 = 0
    while span >> shift >= wanted * 4 { shift += 1 }
    self.shift = shift
    var starts = [Int32](repeating: Int32(addresses.count), count: Int(span >> shift) + 2)
    for (index, address) in addresses.enumerated().reversed() {
      starts[Int((address - base) >> shift)] = Int32(index)
    }
    for bucket in starts.indices.dropLast().reversed() where starts[bucket] > starts[bucket + 1] {
      starts[bucket] = starts[bucket + 1]
    }
    self.starts = starts
  }

  /// The index of the first of `addresses`, those that the table was made from, that is not below `value`.
  @inline(__always)
  func firstIndex(notBelow value: UInt64, in addresses: [UInt64]) -> Int {
    guard value > base else { return 0 }
    let bucket = (value - base) >> shift
    guard bucket < UInt64(starts.count - 1) else { return addresses.count }
    var low = Int(starts[Int(bucket)])
    var high = Int(starts[Int(bucket) + 1])
    while low < high {
      let middle = (low + high) / 2
      if addresses[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
