public import Bytes

extension Decompression {
  /// The first bytes of what a compressed file holds, to see what it is; as many of `count` as come out of
  /// `bytes`, which may be cut anywhere or damaged further on.
  public static func start(of bytes: ByteView, _ format: CompressionFormat, count: Int) -> ByteView {
    guard count > 0 else { return .empty }
    let output = unsafe HeapBytes(count: count) { room in
      var produced = 0
      unsafe bytes.withUnsafeBytes { input in
        var consumed = 0
        do throws(DecodingFailure) {
          let decoder = try StreamCoding.format(format).makeDecoder()
          while produced < count {
            let step = try unsafe decoder.decode(
              UnsafeRawBufferPointer(rebasing: input[consumed...]),
              into: UnsafeMutableRawBufferPointer(rebasing: room[produced...]))
            consumed += step.consumed
            produced += step.produced
            if step.hasEnded || step.consumed == 0 && step.produced == 0 { break }
          }
        } catch {
          // What came out before the damage is what was asked for.
        }
      }
      return produced
    }
    return ByteView(output)
  }
}
