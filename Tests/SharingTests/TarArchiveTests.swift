import Bytes
import Testing

@testable import Sharing

@Suite("An archive")
struct TarArchiveTests {
  /// An archive of these members, ended as archives are.
  static func archive(_ members: [(header: TarHeader, contents: [UInt8])]) -> [UInt8] {
    members.flatMap { member in
      member.header.block + member.contents + [UInt8](repeating: 0, count: (512 - member.contents.count % 512) % 512)
    } + [UInt8](repeating: 0, count: 1024)
  }

  static func file(_ name: String, _ text: String = "x") -> (header: TarHeader, contents: [UInt8]) {
    (TarHeader(name: name, size: UInt64(text.utf8.count), type: TarHeader.regular), Array(text.utf8))
  }

  private func read(_ bytes: [UInt8]) throws(ArchiveError) -> [String: String] {
    try TarArchive(ByteView(bytes)).members.mapValues(\.text)
  }

  @Test("gives back what was written to it, whatever its size and however long its name")
  func roundTrip() throws {
    let long = "files/" + String(repeating: "a-long-folder/", count: 20) + "libx.so"
    var writer = try TarWriter()
    try writer.add("manifest.json", Array("{}".utf8))
    try writer.add(long, [UInt8](repeating: 7, count: 1234))
    let start = try writer.begin("core", size: 3 << 20)
    try writer.write([1, 2, 3], at: start + (2 << 20))
    let bytes = try writer.finish()
    let members = try TarArchive(bytes).members
    #expect(Set(members.keys) == ["manifest.json", long, "core"])
    #expect(members["manifest.json"]?.text == "{}")
    #expect(members[long]?.array == [UInt8](repeating: 7, count: 1234))
    #expect(members["core"]?.count == 3 << 20)
    #expect(members["core"]?.slice(2 << 20, 4)?.array == [1, 2, 3, 0])
    #expect(members["core"]?.slice(0, 4)?.array == [0, 0, 0, 0])
  }

  @Test(
    "with a member that would lie elsewhere, or is no plain file, is refused",
    arguments: [
      (Self.file("/etc/passwd"), ArchiveError.forbiddenName("/etc/passwd")),
      (Self.file("../up"), .forbiddenName("../up")),
      (Self.file("files/../../up"), .forbiddenName("files/../../up")),
      (Self.file(""), .forbiddenName("")),
      ((TarHeader(name: "link", size: 0, type: 0x32), []), .forbiddenKind(name: "link", type: 0x32)),
      ((TarHeader(name: "hard", size: 0, type: 0x31), []), .forbiddenKind(name: "hard", type: 0x31)),
      ((TarHeader(name: "device", size: 0, type: 0x33), []), .forbiddenKind(name: "device", type: 0x33)),
      ((TarHeader(name: "pipe", size: 0, type: 0x36), []), .forbiddenKind(name: "pipe", type: 0x36)),
      ((TarHeader(name: "sparse", size: 0, type: 0x53), []), .forbiddenKind(name: "sparse", type: 0x53)),
    ])
  func forbidden(member: (header: TarHeader, contents: [UInt8]), error: ArchiveError) {
    #expect(throws: error) { try read(Self.archive([Self.file("core"), member])) }
  }

  @Test("with a forbidden name in pax records is refused as well")
  func forbiddenRecord() {
    let records = PaxRecords.contents([("path", "a/../../b")])
    let header = TarHeader(name: "pax", size: UInt64(records.count), type: TarHeader.records)
    #expect(throws: ArchiveError.forbiddenName("a/../../b")) {
      try read(Self.archive([(header, records), Self.file("plain")]))
    }
  }

  @Test("with two members of one name is refused")
  func duplicate() {
    #expect(throws: ArchiveError.duplicate(name: "core")) {
      try read(Self.archive([Self.file("core", "a"), Self.file("core", "b")]))
    }
  }

  @Test("that is cut anywhere is refused, and never read beyond its end")
  func truncated() throws {
    let whole = Self.archive([Self.file("core", String(repeating: "c", count: 700)), Self.file("b")])
    #expect(try read(whole).count == 2)
    for count in stride(from: 0, to: whole.count - 1024, by: 37) {
      #expect(throws: ArchiveError.self) { try read(Array(whole[..<count])) }
    }
  }

  @Test("whose member claims to be larger than all of it is refused")
  func tooLarge() {
    var member = Self.file("core")
    member.header.size = 1 << 32
    #expect(throws: ArchiveError.truncated(offset: 512)) { try read(Self.archive([member])) }
    let records = PaxRecords.contents([("size", "18446744073709551615")])
    let header = TarHeader(name: "pax", size: UInt64(records.count), type: TarHeader.records)
    #expect(throws: ArchiveError.self) { try read(Self.archive([(header, records), Self.file("core")])) }
  }

  @Test("whose header does not have its checksum is refused")
  func checksum() {
    var bytes = Self.archive([Self.file("core")])
    bytes[3] ^= 1
    #expect(throws: ArchiveError.damaged(offset: 0)) { try read(bytes) }
  }

  @Test("that GNU tar wrote is read")
  func gnuBinarySize() throws {
    var block = TarHeader(name: "core", size: 0, type: TarHeader.regular).block
    // GNU's form of a size: the highest bit set, then the number in big-endian bytes.
    for index in 124..<136 { block[index] = 0 }
    (block[124], block[135]) = (0x80, 3)
    for index in 148..<156 { block[index] = 0x20 }
    let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    for (index, digit) in (String(repeating: "0", count: 6 - sum.count) + sum).utf8.enumerated() {
      block[148 + index] = digit
    }
    block[154] = 0
    let bytes = block + Array("abc".utf8) + [UInt8](repeating: 0, count: 509 + 1024)
    #expect(try read(bytes) == ["core": "abc"])
  }
}
