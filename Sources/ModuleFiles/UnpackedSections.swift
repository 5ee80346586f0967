public import Bytes
internal import Compression
public import ELF
internal import Synchronization

/// Sections that were decompressed, kept as long as the finder lives.
struct UnpackedSections {
  /// By where the section's compressed bytes lie in memory.
  var sections: [Key: Section] = [:]

  struct Section {
    /// Kept so that no other bytes come to lie at the address.
    let packed: ByteView
    /// nil where the section is damaged.
    let contents: ByteView?
  }

  struct Key: Hashable {
    let address: UInt
    let count: Int
  }
}

extension FileFinder {
  /// A section may become at most this many times larger: real debug information comes to about 10.
  static let maximumRatio = 256
  /// No section is decompressed to more than this: 4 GiB.
  private static let maximumSize = 4 << 30

  /// The contents of the first section called `name`, decompressed where they are compressed: by SHF_COMPRESSED
  /// (zlib, zstd), or, for `.debug_*`, in a section of the old kind, `.zdebug_*` (binutils' "ZLIB" header).
  ///
  /// A section is decompressed once and kept; the finder's users may be many.
  /// - Returns: nil where there is no such section, or it is damaged, or larger than any real one.
  public func sectionContents(_ name: StaticString, of elf: ELFFile) -> ByteView? {
    if let section = elf.section(named: name) {
      let contents = elf.contents(of: section)
      return section.isCompressed ? unpackedOnce(contents) { Self.unpack($0) } : contents
    }
    let text = name.description
    guard text.hasPrefix(".debug_") else { return nil }
    let oldName = ".z" + text.dropFirst()
    let sections = elf.sections
    guard let old = sections.first(where: { elf.name(of: $0, in: sections)?.text == oldName }) else { return nil }
    return unpackedOnce(elf.contents(of: old)) { Self.unpackOldStyle($0) }
  }

  func unpackedOnce(_ packed: ByteView, _ unpack: (ByteView) -> ByteView?) -> ByteView? {
    let key = unsafe packed.withUnsafeBytes { bytes in
      UnpackedSections.Key(address: UInt(bitPattern: bytes.baseAddress), count: bytes.count)
    }
    if let known = unpacked.withLock({ $0.sections[key] }) { return known.contents }
    let contents = unpack(packed)
    unpacked.withLock { $0.sections[key] = UnpackedSections.Section(packed: packed, contents: contents) }
    return contents
  }

  /// A section with an Elf64_Chdr (gABI chapter 4, "Section Compression").
  private static func unpack(_ bytes: ByteView) -> ByteView? {
    guard let header = CompressionHeader(bytes), let packed = bytes.suffix(from: CompressionHeader.byteCount) else {
      return nil
    }
    return unpack(packed, header.size) { limit throws(DecompressionError) in
      switch header.type {
      case CompressionHeader.zlib: try Decompression.zlib(packed, expecting: header.size, limit: limit)
      case CompressionHeader.zstd: try Decompression.decompress(packed, .zstd, expecting: header.size, limit: limit)
      default: nil
      }
    }
  }

  /// A `.zdebug_*` section: "ZLIB", the size as eight big-endian bytes, and a zlib stream.
  private static func unpackOldStyle(_ bytes: ByteView) -> ByteView? {
    guard bytes.load(UInt32.self, at: 0) == 0x4249_4c5a, let size = bytes.load(UInt64.self, at: 4)?.byteSwapped,
      let packed = bytes.suffix(from: 12)
    else { return nil }
    return unpack(packed, size) { limit throws(DecompressionError) in
      try Decompression.zlib(packed, expecting: size, limit: limit)
    }
  }

  /// Decompresses what is said to become `size` bytes; nil where it becomes anything else.
  private static func unpack(
    _ packed: ByteView, _ size: UInt64, _ decompress: (Int) throws(DecompressionError) -> ByteView?
  ) -> ByteView? {
    let ratioLimit = min(packed.count, maximumSize / maximumRatio) * maximumRatio
    guard let size = Int(exactly: size), size <= ratioLimit else { return nil }
    do throws(DecompressionError) {
      guard let contents = try decompress(size), contents.count == size else { return nil }
      return contents
    } catch {
      // A damaged section is as good as none, and the caller treats it so.
      return nil
    }
  }
}
