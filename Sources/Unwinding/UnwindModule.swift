public import Bytes

/// What the unwinder needs to know of a module: where its code is, and its call frame information.
public struct UnwindModule: Sendable {
  /// From the first to after the last address in the target.
  public let start: UInt64
  public let end: UInt64
  /// What is added to an address that the linker stated to give one in the target. Wraps.
  public let bias: UInt64
  /// `.eh_frame_hdr`, with the address in the target of its first byte.
  public let ehFrameHeader: (address: UInt64, bytes: ByteView)?
  /// `.eh_frame`, with the address in the target of its first byte.
  public let ehFrame: (address: UInt64, bytes: ByteView)?
  /// `.debug_frame`, decompressed. Its addresses are the linker's.
  public let debugFrame: ByteView?
  /// Executable address ranges in the target, sorted; a return address must lie in one.
  public let code: [Range<UInt64>]

  public init(
    start: UInt64, end: UInt64, bias: UInt64, ehFrameHeader: (address: UInt64, bytes: ByteView)?,
    ehFrame: (address: UInt64, bytes: ByteView)?, debugFrame: ByteView?, code: [Range<UInt64>]
  ) {
    self.start = start
    self.end = end
    self.bias = bias
    self.ehFrameHeader = ehFrameHeader
    self.ehFrame = ehFrame
    self.debugFrame = debugFrame
    self.code = code
  }
}
