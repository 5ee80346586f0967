internal import Bytes
internal import Compression
internal import ELF

/// Tells core files from others by their first bytes, never by their names.
package enum CoreProbe {
  package enum Verdict: Equatable, Sendable {
    /// An ELF core file, compressed by the named program or not at all.
    case core(compression: String?)
    case other
    /// errno(3) of open or read.
    case unreadable(Int32)
  }

  /// How much of a compressed file is looked at to see what it holds.
  private static let compressedStart = 262_144

  /// Looks at the file at `path`.
  package static func probe(_ path: String) -> Verdict {
    do {
      let head = try HostFiles.start(of: path, limit: 64)
      guard let format = CompressionFormat(magicOf: head) else {
        return isCore(head) ? .core(compression: nil) : .other
      }
      let start = try HostFiles.start(of: path, limit: compressedStart)
      return isCore(Decompression.start(of: start, format, count: 64)) ? .core(compression: format.rawValue) : .other
    } catch {
      return .unreadable(error.errno)
    }
  }

  /// Whether `head` begins a 64-bit ELF core file (ET_CORE at offset 16).
  private static func isCore(_ head: ByteView) -> Bool {
    head.load(UInt32.self, at: 0) == 0x464c_457f && head.load(UInt16.self, at: 16) == ELFHeader.core
  }
}
