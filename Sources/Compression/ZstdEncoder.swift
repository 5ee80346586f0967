internal import CCompression
package import Bytes

/// Compresses bytes to one zstd frame (RFC 8878) with a checksum, piece by piece.
@safe
package final class ZstdEncoder {
  private let context: OpaquePointer
  private let buffer: UnsafeMutableRawBufferPointer

  /// The library could not compress, or has no memory.
  package struct Failure: Error, Equatable {}

  /// - Parameter level: 1 (fastest) to 19 (smallest).
  package init(level: Int32) throws(Failure) {
    guard let context = unsafe ZSTD_createCCtx() else { throw Failure() }
    unsafe self.context = unsafe context
    unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  }

  /// Compresses `bytes` behind what came before, and hands out what comes of it.
  package func append<E: Error>(
    _ bytes: ByteView, to output: (UnsafeRawBufferPointer) throws(E) -> Void
  ) throws {
    try unsafe bytes.withUnsafeBytes { input in
      try unsafe run(ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0), ZSTD_e_continue, output)
    }
  }

  /// Ends the frame, and hands out what is left of it.
  package func finish<E: Error>(to output: (UnsafeRawBufferPointer) throws(E) -> Void) throws {
    try unsafe run(ZSTD_inBuffer(src: nil, size: 0, pos: 0), ZSTD_e_end, output)
  }

  private func run<E: Error>(
    _ source: ZSTD_inBuffer, _ directive: ZSTD_EndDirective, _ output: (UnsafeRawBufferPointer) throws(E) -> Void
  ) throws {
    var source = unsafe source
    while true {
      var room = unsafe ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
      let left = unsafe ZSTD_compressStream2(context, &room, &source, directive)
      guard ZSTD_isError(left) == 0 else { throw Failure() }
      if unsafe room.pos > 0 { try unsafe output(UnsafeRawBufferPointer(rebasing: buffer[..<room.pos])) }
      if unsafe directive == ZSTD_e_end ? left == 0 : source.pos == source.size { return }
    }
  }

  deinit {
    unsafe ZSTD_freeCCtx(context)
    unsafe buffer.deallocate()
  }
}
