internal import CCompression

/// LZ4 frames, by liblz4.
@safe
final class LZ4Decoder: StreamDecoder {
  private let context: OpaquePointer

  init() throws(DecodingFailure) {
    var context: OpaquePointer?
    let result = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(result) == 0, let context = unsafe context else { throw .outOfMemory }
    unsafe self.context = unsafe context
  }

  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(DecodingFailure) -> DecodingStep {
    var consumed = input.count
    var produced = output.count
    let result = unsafe LZ4F_decompress(context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
    guard LZ4F_isError(result) == 0 else { throw .corrupt }
    return DecodingStep(consumed: consumed, produced: produced, hasEnded: result == 0 && consumed + produced > 0)
  }

  func restart() throws(DecodingFailure) {
    unsafe LZ4F_resetDecompressionContext(context)
  }

  deinit { unsafe LZ4F_freeDecompressionContext(context) }
}
