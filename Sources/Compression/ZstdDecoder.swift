internal import CCompression

/// zstd frames, skippable ones included, by libzstd.
@safe
final class ZstdDecoder: StreamDecoder {
  private let context: OpaquePointer

  /// Frames that want a window of more than 2^27 bytes (what `zstd -T0 --long` makes at most by default) are
  /// refused: a header of a few bytes could ask for gigabytes.
  private static let windowLogMaximum: Int32 = 27

  init() throws(DecodingFailure) {
    guard let context = unsafe ZSTD_createDCtx() else { throw .outOfMemory }
    unsafe self.context = unsafe context
    unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLogMaximum)
  }

  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(DecodingFailure) -> DecodingStep {
    var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var destination = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let result = unsafe ZSTD_decompressStream(context, &destination, &source)
    guard ZSTD_isError(result) == 0 else {
      if ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation { throw .outOfMemory }
      throw .corrupt
    }
    // 0 also comes back when nothing was asked for between two frames.
    let moved = unsafe source.pos > 0 || destination.pos > 0
    return unsafe DecodingStep(consumed: source.pos, produced: destination.pos, hasEnded: result == 0 && moved)
  }

  func restart() throws(DecodingFailure) {
    // The library goes on to the next frame by itself.
  }

  deinit { unsafe ZSTD_freeDCtx(context) }
}
