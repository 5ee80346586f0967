public import Bytes
public import Machine

/// A target whose whole memory is one run of an input's bytes.
public final class InputMemory: TargetMemory {
  public static let start: UInt64 = 0x10000
  private let whole: MemoryWindow

  public init(_ bytes: ByteView) { whole = MemoryWindow(start: Self.start, bytes: bytes) }

  public func window(containing address: UInt64) -> MemoryWindow? { whole.contains(address) ? whole : nil }
}
