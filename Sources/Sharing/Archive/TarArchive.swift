package import Bytes

/// A tar archive, read in place. Nothing is ever written to where its members' names say, and those that would be
/// dangerous to unpack are refused all the same.
package struct TarArchive: Sendable {
  /// The contents of the regular files, by name.
  package private(set) var members: [String: ByteView] = [:]

  /// More members than any bundle has.
  static let maximumMembers = 65_536
  private static let maximumRecords: UInt64 = 65_536

  /// Whether `bytes` begin as a tar archive does.
  package static func begins(_ bytes: ByteView) -> Bool {
    bytes.slice(257, 5)?.equals("ustar") == true
  }

  /// - Throws: ``ArchiveError`` where it is cut, damaged, or holds anything but plain files with plain names.
  package init(_ bytes: ByteView) throws(ArchiveError) {
    var offset = 0
    var records = PaxRecords()
    while let block = bytes.slice(offset, TarHeader.blockSize) {
      if block.load(UInt64.self, at: 0) == 0, block.array.allSatisfy({ $0 == 0 }) { return }
      guard let header = TarHeader(block) else { throw .damaged(offset: offset) }
      offset += TarHeader.blockSize
      let size = records.size ?? header.size
      guard let contents = bytes.slice(UInt64(offset), size) else { throw .truncated(offset: offset) }
      switch header.type {
      case TarHeader.records:
        guard size <= Self.maximumRecords else { throw .damaged(offset: offset) }
        records = try PaxRecords(contents, offset: offset)
      case TarHeader.regular:
        try add(records.path ?? header.name, contents)
        records = PaxRecords()
      case TarHeader.folder:
        try Self.check(records.path ?? header.name)
        records = PaxRecords()
      default: throw .forbiddenKind(name: header.name, type: header.type)
      }
      let padded = (contents.count + TarHeader.blockSize - 1) & ~(TarHeader.blockSize - 1)
      // The end of the last member's last block may be missing.
      offset = min(offset + padded, bytes.count)
    }
    throw .truncated(offset: offset)
  }

  private mutating func add(_ name: String, _ contents: ByteView) throws(ArchiveError) {
    try Self.check(name)
    guard members[name] == nil else { throw .duplicate(name: name) }
    guard members.count < Self.maximumMembers else { throw .tooManyMembers }
    members[name] = contents
  }

  private static func check(_ name: String) throws(ArchiveError) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.isEmpty, !name.hasPrefix("/"), !name.utf8.contains(0), !parts.contains("..") else {
      throw .forbiddenName(name)
    }
  }
}

/// Why an archive is refused. Offsets count from the first byte of the unpacked archive.
package enum ArchiveError: Error, Equatable {
  /// It ends before its end mark.
  case truncated(offset: Int)
  /// No header stands at `offset` where one must, or one that contradicts itself.
  case damaged(offset: Int)
  /// A member that is neither a file nor a folder: a link, a device, a pipe.
  case forbiddenKind(name: String, type: UInt8)
  /// A member that would lie outside of the folder that it is unpacked to.
  case forbiddenName(String)
  /// Two members of one name.
  case duplicate(name: String)
  case tooManyMembers
}

/// What pax records say of the next member.
struct PaxRecords {
  var path: String?
  var size: UInt64?

  init() {}

  /// Records of the form "LENGTH KEY=VALUE\n", LENGTH being that of all of it.
  init(_ contents: ByteView, offset: Int) throws(ArchiveError) {
    var rest = contents.array[...]
    while !rest.isEmpty {
      guard let blank = rest.firstIndex(of: 0x20),
        let length = Int(String(decoding: rest[..<blank], as: UTF8.self)), length > 0, length <= rest.count,
        rest.startIndex + length > blank + 1, rest[rest.startIndex + length - 1] == 0x0a
      else { throw .damaged(offset: offset) }
      let record = rest[(blank + 1)..<(rest.startIndex + length - 1)]
      guard let equals = record.firstIndex(of: 0x3d) else { throw .damaged(offset: offset) }
      let value = String(decoding: record[(equals + 1)...], as: UTF8.self)
      switch String(decoding: record[..<equals], as: UTF8.self) {
      case "path": path = value
      case "size":
        guard let number = UInt64(value) else { throw .damaged(offset: offset) }
        size = number
      default: break
      }
      rest = rest[(rest.startIndex + length)...]
    }
  }

  /// The records as they stand in an archive.
  static func contents(_ records: [(key: String, value: String)]) -> [UInt8] {
    records.flatMap { record -> [UInt8] in
      let text = " \(record.key)=\(record.value)\n"
      var length = text.utf8.count + 1
      while String(length).utf8.count + text.utf8.count > length { length += 1 }
      return Array((String(length) + text).utf8)
    }
  }
}
