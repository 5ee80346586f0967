public import Bytes
internal import CCompression

/// The checksum of `.gnu_debuglink`, gzip and zlib: CRC-32 with the polynomial 0xedb88320 (ISO 3309).
public enum CRC32 {
  /// The checksum of all `bytes`. It reads every one of them.
  public static func checksum(_ bytes: ByteView) -> UInt32 {
    unsafe bytes.withUnsafeBytes { buffer in
      UInt32(
        truncatingIfNeeded: unsafe crc32_z(0, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), buffer.count))
    }
  }
}
