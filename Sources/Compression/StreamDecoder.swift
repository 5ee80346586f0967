/// How far one step of a decoder came.
struct DecodingStep {
  /// How many bytes of the input were used.
  let consumed: Int
  /// How many bytes of the output were written.
  let produced: Int
  /// Whether the frame (of several that may follow one another) is complete.
  let hasEnded: Bool
}

/// Why a decoder cannot go on.
enum DecodingFailure: Error {
  case corrupt
  case outOfMemory
}

/// One of the compression libraries, decoding a stream piece by piece.
protocol StreamDecoder: AnyObject {
  /// Decodes what fits. Both buffers hold at least one byte; an empty input is allowed, and asks for what the
  /// decoder still holds back.
  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(DecodingFailure) -> DecodingStep

  /// Makes ready for another frame after one has ended.
  func restart() throws(DecodingFailure)
}

/// What a stream's bytes are encoded in: a file's formats, and what ELF sections use besides.
enum StreamCoding: Sendable {
  case format(CompressionFormat)
  /// RFC 1950, in sections with SHF_COMPRESSED and in `.zdebug_*`.
  case zlib

  func makeDecoder() throws(DecodingFailure) -> any StreamDecoder {
    switch self {
    case .zlib: try ZlibDecoder(windowBits: 15)
    // 16 more asks zlib for a gzip header (zlib.h, inflateInit2).
    case .format(.gzip): try ZlibDecoder(windowBits: 15 + 16)
    case .format(.zstd): try ZstdDecoder()
    case .format(.lz4): try LZ4Decoder()
    case .format(.xz): try XZDecoder()
    }
  }
}
