public import Bytes
internal import Glibc

/// Decompression of bytes in memory into bytes in memory, bounded by the caller.
public enum Decompression {
  /// Decompresses a zlib stream (RFC 1950).
  ///
  /// - Parameters:
  ///   - expected: how many bytes are said to come out. Not believed, only a first guess at the room needed.
  ///   - limit: the most bytes that may come out.
  public static func zlib(
    _ bytes: ByteView, expecting expected: UInt64 = 0, limit: Int
  ) throws(DecompressionError) -> ByteView {
    try decompress(bytes, .zlib, expecting: expected, limit: limit)
  }

  /// Decompresses one or more frames of `format`, one after another. What follows them is ignored.
  ///
  /// - Parameters:
  ///   - expected: how many bytes are said to come out. Not believed, only a first guess at the room needed.
  ///   - limit: the most bytes that may come out.
  public static func decompress(
    _ bytes: ByteView, _ format: CompressionFormat, expecting expected: UInt64 = 0, limit: Int
  ) throws(DecompressionError) -> ByteView {
    try decompress(bytes, .format(format), expecting: expected, limit: limit)
  }

  private static func decompress(
    _ bytes: ByteView, _ coding: StreamCoding, expecting expected: UInt64, limit: Int
  ) throws(DecompressionError) -> ByteView {
    let output = GrowingBuffer(limit: limit)
    // A guess above what usual data shrinks to is made by growing, not at once.
    let plausible = min(UInt64(bytes.count) * 16 + 4096, expected)
    guard output.reserve(Int(clamping: plausible)) else { throw .outOfMemory }
    try unsafe bytes.withUnsafeBytes { input throws(DecompressionError) in
      var offset = 0
      do throws(DecodingFailure) {
        let decoder = try coding.makeDecoder()
        while true {
          // One byte more than allowed tells a stream that ends at the limit from one that goes on.
          guard output.makeRoom() else { throw .outOfMemory }
          let step = try unsafe decoder.decode(
            UnsafeRawBufferPointer(rebasing: input[offset...]), into: output.room)
          offset += step.consumed
          output.commit(step.produced)
          if output.isOverLimit { break }
          if step.hasEnded {
            guard case .format(let format) = coding, let rest = bytes.suffix(from: offset),
              format.continues(in: rest)
            else { break }
            try decoder.restart()
          } else if step.consumed == 0 && step.produced == 0 {
            offset = -1 - offset
            break
          }
        }
      } catch {
        switch error {
        case .corrupt: throw DecompressionError.corrupt(offset: offset)
        case .outOfMemory: throw DecompressionError.outOfMemory
        }
      }
      if output.isOverLimit { throw DecompressionError.tooLarge(limit: limit) }
      // A decoder that neither takes nor gives has run out of input.
      if offset < 0 { throw DecompressionError.truncated(offset: -1 - offset) }
    }
    return ByteView(output.finish())
  }
}
