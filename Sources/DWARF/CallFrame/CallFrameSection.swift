public import Bytes

/// The bytes of `.eh_frame` or `.debug_frame`, parsed in place, one entry at a time.
public struct CallFrameSection: Sendable {
  /// The two sections differ in how an entry says that it is a CIE and how an FDE refers to its CIE.
  public enum Kind: Sendable {
    case ehFrame
    case debugFrame
  }

  /// Which of the two it is: their pointers and CIE ids differ.
  public let kind: Kind
  /// The section's bytes, decompressed.
  public let bytes: ByteView
  /// The address of the first byte, in the target; only `.eh_frame` depends on it.
  public let address: UInt64
  /// What DW_EH_PE_datarel is relative to.
  let dataBase: UInt64

  public init(_ kind: Kind, bytes: ByteView, address: UInt64 = 0, dataBase: UInt64 = 0) {
    self.kind = kind
    self.bytes = bytes
    self.address = address
    self.dataBase = dataBase
  }

  /// What stands before the contents of every entry.
  struct EntryHeader {
    let offset: Int
    /// The contents behind the CIE id or CIE pointer.
    let contents: Range<Int>
    /// The offset of the CIE; nil where the entry is a CIE itself.
    let cieOffset: Int?
    /// Where the next entry begins.
    var next: Int { contents.upperBound }
  }

  /// The header of the entry at `offset`; nil where the section ends there: its last byte, or an entry of
  /// length zero in `.eh_frame`.
  func header(at offset: Int) throws(CallFrameError) -> EntryHeader? {
    guard offset != bytes.count else { return nil }
    guard let shortLength = bytes.load(UInt32.self, at: offset) else { throw .entryTruncated(offset: offset) }
    guard shortLength != 0 else { return nil }
    var idOffset = offset + 4
    var length = UInt64(shortLength)
    let isLong = shortLength == 0xffff_ffff
    if isLong {
      guard let longLength = bytes.load(UInt64.self, at: idOffset) else { throw .entryTruncated(offset: offset) }
      idOffset += 8
      length = longLength
    }
    // The id of `.eh_frame` has 4 bytes whatever the format (LSB 5, core, section 10.6.1).
    let idSize = isLong && kind == .debugFrame ? 8 : 4
    guard length >= UInt64(idSize), length <= UInt64(bytes.count - idOffset) else {
      throw .entryTruncated(offset: offset)
    }
    let contents = idOffset + idSize..<idOffset + Int(length)
    guard
      let id = idSize == 8
        ? bytes.load(UInt64.self, at: idOffset) : bytes.load(UInt32.self, at: idOffset).map(UInt64.init)
    else { throw .entryTruncated(offset: offset) }
    return EntryHeader(
      offset: offset, contents: contents, cieOffset: try cieOffset(id, idSize, idOffset, entry: offset))
  }

  private func cieOffset(_ id: UInt64, _ idSize: Int, _ idOffset: Int, entry: Int) throws(CallFrameError) -> Int? {
    switch kind {
    case .ehFrame:
      guard id != 0 else { return nil }
      guard id <= UInt64(idOffset) else { throw .wrongEntry(offset: entry) }
      return idOffset - Int(id)
    case .debugFrame:
      guard id != (idSize == 8 ? .max : 0xffff_ffff) else { return nil }
      guard let offset = Int(exactly: id), offset < bytes.count else { throw .wrongEntry(offset: entry) }
      return offset
    }
  }

  /// The CIE at `offset`.
  public func commonInformation(at offset: Int) throws(CallFrameError) -> CommonInformationEntry {
    guard offset >= 0, let header = try header(at: offset), header.cieOffset == nil else {
      throw .wrongEntry(offset: offset)
    }
    return try CommonInformationEntry(header, in: self)
  }

  /// The FDE at `offset`, with its CIE.
  public func frameDescription(at offset: Int) throws(CallFrameError) -> FrameDescriptionEntry {
    guard offset >= 0, let header = try header(at: offset), let cieOffset = header.cieOffset else {
      throw .wrongEntry(offset: offset)
    }
    return try FrameDescriptionEntry(header, commonInformation(at: cieOffset), in: self)
  }

  var bases: PointerBases { PointerBases(section: address, data: dataBase) }

  /// The bytes of an expression that a rule refers to; nil where they lie outside of the section.
  public func expression(_ location: ExpressionLocation) -> ByteView? {
    bytes.slice(Int(location.offset), Int(location.count))
  }
}
