package import Bytes
internal import CLinux
internal import Compression

/// Where a core is written to: bytes at offsets that only grow. What lies between them is zero.
package protocol CoreSink: AnyObject {
  /// - Throws: ``CoreWriteError`` where it cannot be written.
  func write(_ bytes: ByteView, at offset: UInt64) throws(CoreWriteError)
  /// Ends the file after `size` bytes.
  func finish(size: UInt64) throws(CoreWriteError)
}

/// Why a core could not be written.
package enum CoreWriteError: Error, Equatable {
  /// errno(3): ENOSPC where the disk is full.
  case failed(errno: Int32)
  /// The compressing library has no memory.
  case compression
}

/// A file with holes where there is nothing but zeros.
package final class SparseCoreSink: CoreSink {
  private let descriptor: Int32

  /// - Parameter descriptor: of an empty file; whoever gives it closes it.
  package init(descriptor: Int32) { self.descriptor = descriptor }

  package func write(_ bytes: ByteView, at offset: UInt64) throws(CoreWriteError) {
    let result = unsafe bytes.withUnsafeBytes { buffer in
      unsafe inquest_write_at(descriptor, buffer.baseAddress, UInt64(buffer.count), offset)
    }
    guard result == 0 else { throw .failed(errno: Int32(clamping: -result)) }
  }

  package func finish(size: UInt64) throws(CoreWriteError) {
    let result = inquest_set_size(descriptor, size)
    guard result == 0 else { throw .failed(errno: Int32(clamping: -result)) }
  }
}

/// A file compressed with zstd, on its fastest level: the process stands still meanwhile.
package final class CompressedCoreSink: CoreSink {
  private let descriptor: Int32
  private let encoder: ZstdEncoder
  private var position: UInt64 = 0
  private var written: UInt64 = 0
  private static let zeros = ByteView([UInt8](repeating: 0, count: 1 << 20))

  /// - Parameter descriptor: of an empty file; whoever gives it closes it.
  package init(descriptor: Int32) throws(CoreWriteError) {
    self.descriptor = descriptor
    do {
      encoder = try ZstdEncoder(level: 1)
    } catch {
      throw .compression
    }
  }

  package func write(_ bytes: ByteView, at offset: UInt64) throws(CoreWriteError) {
    while position < offset {
      let count = min(offset - position, UInt64(Self.zeros.count))
      try append(Self.zeros.prefix(from: 0, atMost: count))
    }
    try append(bytes)
  }

  package func finish(size: UInt64) throws(CoreWriteError) {
    try write(.empty, at: size)
    try unsafe encode { encoder, output in try unsafe encoder.finish(to: output) }
  }

  private func append(_ bytes: ByteView) throws(CoreWriteError) {
    try unsafe encode { encoder, output in try unsafe encoder.append(bytes, to: output) }
    position += UInt64(bytes.count)
  }

  private func encode(
    _ body: (ZstdEncoder, (UnsafeRawBufferPointer) throws(CoreWriteError) -> Void) throws -> Void
  ) throws(CoreWriteError) {
    do {
      try unsafe body(encoder) { (piece) throws(CoreWriteError) in
        let result = unsafe inquest_write_at(descriptor, piece.baseAddress, UInt64(piece.count), written)
        guard result == 0 else { throw .failed(errno: Int32(clamping: -result)) }
        written += UInt64(piece.count)
      }
    } catch let error as CoreWriteError {
      throw error
    } catch {
      throw .compression
    }
  }
}
