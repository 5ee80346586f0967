internal import CCompression

/// zlib and gzip streams, by zlib.
@safe
final class ZlibDecoder: StreamDecoder {
  private var stream = unsafe z_stream()

  /// - Parameter windowBits: as `inflateInit2` has it: 15 for zlib's header, 31 for gzip's.
  init(windowBits: Int32) throws(DecodingFailure) {
    let result = unsafe inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else { throw .outOfMemory }
  }

  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(DecodingFailure) -> DecodingStep {
    let given = UInt32(clamping: input.count)
    let room = UInt32(clamping: output.count)
    unsafe stream.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.avail_in = given
    unsafe stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.avail_out = room
    let result = unsafe inflate(&stream, Z_NO_FLUSH)
    switch result {
    // Z_BUF_ERROR: no progress was possible, which the caller sees from the counts.
    case Z_OK, Z_STREAM_END, Z_BUF_ERROR: break
    case Z_MEM_ERROR: throw .outOfMemory
    default: throw .corrupt
    }
    return unsafe DecodingStep(
      consumed: Int(given - stream.avail_in), produced: Int(room - stream.avail_out), hasEnded: result == Z_STREAM_END)
  }

  func restart() throws(DecodingFailure) {
    guard unsafe inflateReset(&stream) == Z_OK else { throw .corrupt }
  }

  deinit { unsafe inflateEnd(&stream) }
}
