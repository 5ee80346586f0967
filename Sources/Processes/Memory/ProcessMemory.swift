package import Bytes
internal import CLinux
package import Machine
internal import Synchronization

/// The memory of a process, read when it is asked for and kept until ``invalidate()``.
///
/// What is read is that of the moment: it is of one piece only while the process stands still.
package final class ProcessMemory: TargetMemory {
  package let process: Int32
  private let cache: Mutex<Cache>

  private struct Cache {
    /// What may be read in one piece: mappings, by address.
    var extents: [Range<UInt64>]
    /// What was read, by the cell that it begins in: what of the cell could be read, by address.
    var cells: [UInt64: [MemoryWindow]] = [:]
    var bytes = 0
  }

  /// An extent up to this size is read at once; of a larger one, aligned cells of ``cellSize``.
  private static let wholeExtent: UInt64 = 1 << 20
  private static let cellSize: UInt64 = 1 << 18
  /// What nobody told the bounds of is read in cells of this size.
  private static let unknownCell: UInt64 = 1 << 14
  private static let pageSize: UInt64 = 4096
  /// What is kept at most, in bytes; beyond it all is forgotten.
  private static let maximumKept = 1 << 29

  /// - Parameters:
  ///   - process: its id; that of any of its threads will do, as the first may have ended.
  ///   - extents: mappings that may be read, by address, without overlap. Without them memory is read in small cells, and
  ///     windows are shorter than they could be.
  package init(process: Int32, extents: [Range<UInt64>] = []) {
    self.process = process
    cache = Mutex(Cache(extents: extents))
  }

  /// Forgets what was read: the process went on.
  ///
  /// - Parameter extents: as for the initializer, where they have changed.
  package func invalidate(extents: [Range<UInt64>]? = nil) {
    cache.withLock { cache in
      cache.cells.removeAll()
      cache.bytes = 0
      if let extents { cache.extents = extents }
    }
  }

  package func window(containing address: UInt64) -> MemoryWindow? {
    cache.withLock { cache in
      let cell = Self.cell(of: address, cache.extents)
      guard let cell else { return nil }
      let windows: [MemoryWindow]
      if let known = cache.cells[cell.lowerBound] {
        windows = known
      } else {
        windows = Self.read(cell, of: process)
        if cache.bytes > Self.maximumKept {
          cache.cells.removeAll()
          cache.bytes = 0
        }
        cache.cells[cell.lowerBound] = windows
        cache.bytes += windows.reduce(0) { $0 + $1.bytes.count }
      }
      return windows.first { $0.contains(address) }
    }
  }

  /// The run of addresses that is read where `address` is asked for; nil outside of all extents.
  private static func cell(of address: UInt64, _ extents: [Range<UInt64>]) -> Range<UInt64>? {
    guard !extents.isEmpty else {
      let start = address & ~(unknownCell - 1)
      let end = start.addingReportingOverflow(unknownCell)
      return start..<(end.overflow ? UInt64.max : end.partialValue)
    }
    let index = extents.partitioningIndex { $0.upperBound > address }
    guard index < extents.count, extents[index].contains(address) else { return nil }
    let extent = extents[index]
    guard extent.upperBound - extent.lowerBound > wholeExtent else { return extent }
    let start = max(extent.lowerBound, address & ~(cellSize - 1))
    let end = (address & ~(cellSize - 1)).addingReportingOverflow(cellSize)
    return start..<(end.overflow ? extent.upperBound : min(extent.upperBound, end.partialValue))
  }

  /// What of a run can be read, in runs without a gap.
  private static func read(_ cell: Range<UInt64>, of process: Int32) -> [MemoryWindow] {
    var windows: [MemoryWindow] = []
    var position = cell.lowerBound
    while position < cell.upperBound {
      let wanted = Int(clamping: cell.upperBound - position)
      var isReadable = true
      let bytes = unsafe HeapBytes(count: wanted) { buffer in
        var range = inquest_range(start: position, size: UInt64(wanted))
        let copied = unsafe inquest_copy_memory(process, buffer.baseAddress, &range, 1)
        isReadable = copied >= 0
        return max(0, Int(copied))
      }
      guard isReadable else { break }
      if bytes.count > 0 { windows.append(MemoryWindow(start: position, bytes: ByteView(bytes))) }
      // Over the page that cannot be read.
      let next = ((position &+ UInt64(bytes.count)) | (pageSize - 1)).addingReportingOverflow(1)
      guard bytes.count < wanted, !next.overflow else { break }
      position = next.partialValue
    }
    return windows
  }

  /// As many of `count` bytes as can be read, and not kept.
  package func uncached(_ address: UInt64, _ count: Int) -> ByteView {
    let bytes = unsafe HeapBytes(count: count) { buffer in
      var range = inquest_range(start: address, size: UInt64(count))
      return max(0, Int(unsafe inquest_copy_memory(process, buffer.baseAddress, &range, 1)))
    }
    return ByteView(bytes)
  }

  /// Writes to the process's memory, whatever its permissions are, as a debugger does; the thread that asks must trace it.
  ///
  /// - Returns: whether all bytes were written.
  package func write(_ bytes: [UInt8], at address: UInt64) -> Bool {
    let descriptor = unsafe inquest_open("/proc/\(process)/mem", 1)
    guard descriptor >= 0 else { return false }
    defer { inquest_close(Int32(clamping: descriptor)) }
    let result = unsafe bytes.withUnsafeBytes { buffer in
      unsafe inquest_write_at(Int32(clamping: descriptor), buffer.baseAddress, UInt64(buffer.count), address)
    }
    cache.withLock { cache in
      if let cell = Self.cell(of: address, cache.extents) { cache.cells[cell.lowerBound] = nil }
    }
    return result == 0
  }
}
