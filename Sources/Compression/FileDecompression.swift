public import Bytes

/// How far the decompression of a file came.
public struct DecompressionProgress: Sendable {
  /// Compressed bytes used, of how many.
  public let consumed: Int
  public let total: Int
  /// Bytes that came out.
  public let produced: UInt64
}

/// A file that was decompressed as far as it goes.
public struct DecompressedFile: Sendable {
  /// The bytes, in a mapped temporary file without a name.
  public let bytes: ByteView
  /// Why not all came out: the compressed file is cut or damaged; nil where all did.
  public let failure: DecompressionError?
}

extension Decompression {
  /// More than any core's size: 16 TiB.
  public static let maximumFileSize = 16 << 40

  /// Decompresses a whole file to a temporary one. Blocks of zeros take no room there. A file that is cut or
  /// damaged gives what came before that.
  ///
  /// - Parameters:
  ///   - limit: the most bytes that may come out, to a mebibyte.
  ///   - progress: called after every mebibyte that comes out.
  /// - Throws: ``FileError`` where the temporary file cannot be made, written (ENOSPC) or mapped.
  public static func decompressFile(
    _ bytes: ByteView, _ format: CompressionFormat, limit: Int = maximumFileSize,
    progress: ((DecompressionProgress) -> Void)? = nil
  ) throws(FileError) -> DecompressedFile {
    let file = try TemporaryFile()
    let output = OutputBlock()
    let frames = FrameSequence(bytes, format)
    var written: UInt64 = 0
    while true {
      let more = frames.decode(into: output)
      if output.isFull || !more {
        unsafe try file.write(output.filled, at: written)
        written += UInt64(output.count)
        output.clear()
        progress?(DecompressionProgress(consumed: frames.offset, total: bytes.count, produced: written))
      }
      guard more else { break }
      if written > UInt64(max(0, limit)) {
        return DecompressedFile(
          bytes: ByteView(try file.finish(size: written)), failure: .tooLarge(limit: limit))
      }
    }
    return DecompressedFile(bytes: ByteView(try file.finish(size: written)), failure: frames.failure)
  }
}

/// Output on its way to a file, a mebibyte at most.
@safe
private final class OutputBlock {
  private let buffer: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init() {
    unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
  }

  var isFull: Bool { unsafe count == buffer.count }
  var filled: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
  var room: UnsafeMutableRawBufferPointer { unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...]) }
  func commit(_ produced: Int) { count += produced }
  func clear() { count = 0 }

  deinit { unsafe buffer.deallocate() }
}

/// One frame after another, until the input ends or makes no sense.
private final class FrameSequence {
  private let bytes: ByteView
  private let format: CompressionFormat
  private var decoder: (any StreamDecoder)?
  /// The offset of the next compressed byte.
  private(set) var offset = 0
  private(set) var failure: DecompressionError?

  init(_ bytes: ByteView, _ format: CompressionFormat) {
    (self.bytes, self.format) = (bytes, format)
  }

  /// Decodes what fits into the room of `output`, which is not full.
  /// - Returns: false where nothing more will come; ``failure`` says whether that is as it should be.
  func decode(into output: OutputBlock) -> Bool {
    do throws(DecodingFailure) {
      let decoder: any StreamDecoder
      if let made = self.decoder { decoder = made } else { decoder = try StreamCoding.format(format).makeDecoder() }
      self.decoder = decoder
      let step = try unsafe bytes.withUnsafeBytes { input throws(DecodingFailure) in
        try unsafe decoder.decode(UnsafeRawBufferPointer(rebasing: input[offset...]), into: output.room)
      }
      offset += step.consumed
      output.commit(step.produced)
      if step.hasEnded {
        guard let rest = bytes.suffix(from: offset), format.continues(in: rest) else { return false }
        try decoder.restart()
      } else if step.consumed == 0 && step.produced == 0 {
        failure = .truncated(offset: offset)
        return false
      }
      return true
    } catch {
      failure = error == .corrupt ? .corrupt(offset: offset) : .outOfMemory
      return false
    }
  }
}
