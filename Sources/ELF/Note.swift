public import Bytes

/// One note (gABI chapter 5, "Note Section").
public struct Note: Sendable {
  /// n_type; what it means depends on the name.
  public let type: UInt32
  /// The owner's name without its terminating zero.
  public let name: ByteView
  /// The descriptor; cut short where the file is.
  public let contents: ByteView
  /// Whether the file ends within this note.
  public let isTruncated: Bool

  /// NT_GNU_BUILD_ID.
  public static let gnuBuildID: UInt32 = 3
}

/// The notes of a segment or section, one after another, until the bytes end or make no sense.
public struct Notes: Sequence, IteratorProtocol, Sendable {
  private let bytes: ByteView
  private let alignment: Int
  private var offset = 0

  /// - Parameter alignment: of the segment or section; 8 means 8-byte alignment (x86 property notes),
  ///   anything else the usual 4.
  public init(_ bytes: ByteView, alignment: UInt64) {
    self.bytes = bytes
    self.alignment = alignment == 8 ? 8 : 4
  }

  /// The next note; nil at the end, and where what is left is none.
  public mutating func next() -> Note? {
    guard let nameSize = bytes.load(UInt32.self, at: offset), let size = bytes.load(UInt32.self, at: offset + 4),
      let type = bytes.load(UInt32.self, at: offset + 8)
    else { return nil }
    let nameStart = offset + 12
    guard let name = bytes.slice(nameStart, Int(nameSize)) else { return nil }
    let start = align(nameStart + Int(nameSize))
    let contents = bytes.prefix(from: UInt64(start), atMost: UInt64(size))
    offset = align(start + Int(size))
    return Note(
      type: type, name: name.cString(at: 0) ?? name, contents: contents, isTruncated: contents.count < Int(size))
  }

  private func align(_ value: Int) -> Int { (value + alignment - 1) & ~(alignment - 1) }
}
