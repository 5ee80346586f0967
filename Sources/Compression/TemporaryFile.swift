package import Bytes
internal import CLinux
internal import Glibc

/// A file without a name, gone when nothing uses it any more. What is never written to takes no room on the disk.
package struct TemporaryFile: ~Copyable {
  private let descriptor: Int32
  private let folder: String

  /// Zeros of this size and alignment are left out: the blocks of common file systems.
  private static let blockSize = 4096

  /// Opens one in TMPDIR, or else in `/var/tmp`, which lies on a disk where `/tmp` may lie in memory, or else in
  /// `/tmp`.
  package init() throws(FileError) {
    var folders = ["/var/tmp", "/tmp"]
    if let named = unsafe getenv("TMPDIR") { unsafe folders.insert(String(cString: named), at: 0) }
    var failure: FileError?
    for folder in folders {
      let result = unsafe inquest_open_temporary(folder)
      if result >= 0 {
        descriptor = Int32(result)
        self.folder = folder
        return
      }
      failure = failure ?? FileError(path: folder, errno: Int32(-result))
    }
    throw failure ?? FileError(path: "/tmp", errno: ENOENT)
  }

  /// Writes `bytes` at `offset`, without whole blocks of zeros.
  ///
  /// - Parameter offset: a multiple of the block's size, or zeros are written out.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {
    var start = 0
    while start < bytes.count {
      var end = start
      // A run of blocks that are not all zero is written at once.
      while end < bytes.count {
        let length = min(Self.blockSize, bytes.count - end)
        if unsafe Self.isZero(UnsafeRawBufferPointer(rebasing: bytes[end..<(end + length)])) { break }
        end += length
      }
      if end > start {
        let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        let result = unsafe inquest_write_at(
          descriptor, piece.baseAddress, UInt64(piece.count), offset + UInt64(start))
        guard result == 0 else { throw FileError(path: folder, errno: Int32(-result)) }
      }
      start = end
      while start < bytes.count {
        let length = min(Self.blockSize, bytes.count - start)
        guard unsafe Self.isZero(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)])) else { break }
        start += length
      }
    }
  }

  private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // Equal to itself shifted by one, and the first byte zero: the comparison runs at memcmp's speed.
    guard let base = bytes.baseAddress, bytes.count > 1 else { return unsafe bytes.allSatisfy { $0 == 0 } }
    return unsafe bytes[0] == 0 && memcmp(base, base + 1, bytes.count - 1) == 0
  }

  /// Sets the size to `size` and maps the file.
  package consuming func finish(size: UInt64) throws(FileError) -> MappedFile {
    let result = inquest_set_size(descriptor, size)
    guard result == 0 else { throw FileError(path: folder, errno: Int32(-result)) }
    return try MappedFile(descriptor: descriptor, path: folder)
  }

  deinit { inquest_close(descriptor) }
}
