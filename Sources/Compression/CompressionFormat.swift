public import Bytes

/// The formats that are read, each told by its first bytes, never by a file's name.
public enum CompressionFormat: String, Sendable, CaseIterable {
  /// RFC 1952.
  case gzip
  /// RFC 8878.
  case zstd
  /// The LZ4 frame format, 1.6.
  case lz4
  /// The .xz file format, 1.1.
  case xz

  /// The format whose magic number `bytes` begin with; nil where there is none.
  public init?(magicOf bytes: ByteView) {
    guard let magic = bytes.load(UInt32.self, at: 0) else { return nil }
    switch magic {
    case 0xfd2f_b528: self = .zstd
    case 0x184d_2204: self = .lz4
    case 0x587a_37fd where bytes.load(UInt16.self, at: 4) == 0x005a: self = .xz
    case 0x184d_2a50...0x184d_2a5f: self = .zstd  // a skippable frame, which pzstd begins with
    case _ where magic & 0xff_ffff == 0x08_8b1f: self = .gzip
    default: return nil
    }
  }

  /// Whether another frame of this format begins where one has ended. zstd and LZ4 share skippable frames.
  func continues(in rest: ByteView) -> Bool {
    switch CompressionFormat(magicOf: rest) {
    case self: true
    case .zstd: self == .lz4
    default: false
    }
  }
}

/// Why bytes could not be decompressed. Offsets count from the first compressed byte.
public enum DecompressionError: Error, Equatable {
  /// The compressed bytes end before the stream does.
  case truncated(offset: Int)
  /// The stream is damaged at or before `offset`.
  case corrupt(offset: Int)
  /// More than `limit` bytes would come out.
  case tooLarge(limit: Int)
  /// There is no memory for the decoder or its output.
  case outOfMemory
}
