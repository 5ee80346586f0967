internal import Bytes
internal import CLinux

/// Which pages of a mapped file this process has read: what a report was made from.
enum TouchedBytes {
  /// How many pages are asked for at once.
  private static let batch = 1 << 18

  /// Offsets in `bytes`, in order, in whole pages of this host. A page that lies near to one that was read may be among
  /// them, as the kernel maps files by the piece. nil where the kernel does not tell.
  static func ranges(of bytes: ByteView) -> ByteRanges? {
    guard !bytes.isEmpty else { return ByteRanges() }
    let pageSize = Int(inquest_page_size())
    var ranges = ByteRanges()
    let isKnown = unsafe bytes.withUnsafeBytes { buffer -> Bool in
      guard let base = buffer.baseAddress else { return false }
      // A view may begin within a page.
      let lead = Int(bitPattern: base) & (pageSize - 1)
      let pages = (lead + buffer.count + pageSize - 1) / pageSize
      var touched = [UInt8](repeating: 0, count: min(batch, pages))
      var page = 0
      while page < pages {
        let count = min(touched.count, pages - page)
        let result = unsafe touched.withUnsafeMutableBufferPointer { room in
          unsafe inquest_touched_pages(base - lead + page * pageSize, UInt64(count), room.baseAddress)
        }
        guard result == 0 else { return false }
        var index = 0
        while index < count {
          guard touched[index] != 0 else {
            index += 1
            continue
          }
          let first = index
          while index < count, touched[index] != 0 { index += 1 }
          let start = max(0, (page + first) * pageSize - lead)
          let end = min(buffer.count, (page + index) * pageSize - lead)
          if start < end { ranges.add(UInt64(start)..<UInt64(end)) }
        }
        page += count
      }
      return true
    }
    return isKnown ? ranges.merged() : nil
  }
}
