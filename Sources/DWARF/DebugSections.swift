public import Bytes

/// The sections of one file with debug information, decompressed; empty where the file has none of a kind.
///
/// In a split object the sections are those whose names end in `.dwo`, and ``addresses`` is the skeleton's.
public struct DebugSections: Sendable {
  /// `.debug_info`
  public var info: ByteView = .empty
  /// `.debug_abbrev`
  public var abbreviations: ByteView = .empty
  /// `.debug_line`
  public var line: ByteView = .empty
  /// `.debug_str`
  public var strings: ByteView = .empty
  /// `.debug_line_str`
  public var lineStrings: ByteView = .empty
  /// `.debug_str_offsets`
  public var stringOffsets: ByteView = .empty
  /// `.debug_addr`
  public var addresses: ByteView = .empty
  /// `.debug_aranges`
  public var addressRanges: ByteView = .empty
  /// `.debug_ranges`, until DWARF 4
  public var ranges: ByteView = .empty
  /// `.debug_rnglists`, from DWARF 5
  public var rangeLists: ByteView = .empty

  /// No section has any bytes.
  public init() {}

  /// How many bytes there are in all: what bounds the work that is done for them.
  var byteCount: Int {
    [info, abbreviations, line, strings, lineStrings, stringOffsets, addresses, addressRanges, ranges, rangeLists]
      .reduce(0) { $0 + $1.count }
  }
}
