internal import CCompression

/// .xz streams, by liblzma.
@safe
final class XZDecoder: StreamDecoder {
  private var stream = unsafe lzma_stream()

  /// What a stream's dictionary may take: `xz -9` needs 65 MiB. A header may ask for 4 GiB.
  private static let memoryLimit: UInt64 = 96 << 20

  init() throws(DecodingFailure) {
    guard unsafe lzma_stream_decoder(&stream, Self.memoryLimit, 0) == LZMA_OK else { throw .outOfMemory }
  }

  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(DecodingFailure) -> DecodingStep {
    unsafe stream.next_in = unsafe input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.avail_in = input.count
    unsafe stream.next_out = unsafe output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.avail_out = output.count
    let result = unsafe lzma_code(&stream, LZMA_RUN)
    switch result {
    // LZMA_BUF_ERROR: no progress was possible, which the caller sees from the counts.
    case LZMA_OK, LZMA_STREAM_END, LZMA_BUF_ERROR, LZMA_NO_CHECK, LZMA_UNSUPPORTED_CHECK, LZMA_GET_CHECK: break
    case LZMA_MEM_ERROR, LZMA_MEMLIMIT_ERROR: throw .outOfMemory
    default: throw .corrupt
    }
    return unsafe DecodingStep(
      consumed: input.count - stream.avail_in, produced: output.count - stream.avail_out,
      hasEnded: result == LZMA_STREAM_END)
  }

  func restart() throws(DecodingFailure) {
    guard unsafe lzma_stream_decoder(&stream, Self.memoryLimit, 0) == LZMA_OK else { throw .outOfMemory }
  }

  deinit { unsafe lzma_end(&stream) }
}
