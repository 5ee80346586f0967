import Foundation
import TestSupport
import Testing

@testable import Guarding

@Suite("The file of the preloaded library")
struct GuardFileTests {
  private let root = NSTemporaryDirectory() + "guard-" + UUID().uuidString

  private func inRoot(_ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    defer { remove(root) }
    try body()
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
  }

  @Test("is written once, for everybody to read and for us to write, and taken again")
  func placed() throws {
    try inRoot {
      let bytes = GuardLibrary.bytes
      let path = try GuardFile.place(bytes, in: [root + "/cache"])
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(bytes))
      #expect(try mode(path) == 0o755)
      #expect(try mode(root + "/cache") == 0o755)
      let number = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? NSNumber
      #expect(try GuardFile.place(bytes, in: [root + "/cache"]) == path)
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? NSNumber == number)
      #expect(try FileManager.default.contentsOfDirectory(atPath: root + "/cache").count == 1)
    }
  }

  @Test("is written anew where it does not hold these bytes, cut or changed")
  func changed() throws {
    try inRoot {
      let bytes = GuardLibrary.bytes
      let path = try GuardFile.place(bytes, in: [root + "/cache"])
      for damaged in [Array(bytes.dropLast()), Array(bytes.dropLast()) + [bytes[bytes.count - 1] ^ 1]] {
        try Data(damaged).write(to: URL(fileURLWithPath: path))
        _ = try GuardFile.place(bytes, in: [root + "/cache"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(bytes))
      }
    }
  }

  @Test("goes to the next folder where one cannot be trusted or named, and each is told where none will do")
  func refused() throws {
    try inRoot {
      let open = root + "/open"
      try FileManager.default.createDirectory(atPath: open, withIntermediateDirectories: false)
      chmod(open, 0o777)
      let link = root + "/link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: root)
      let bad = [open, link, root + "/with space", root + "/a:b", root + "/none/folder"]
      #expect {
        try GuardFile.place([1], in: bad)
      } throws: { error in
        (error as? GuardFile.Failure)?.tried.map(\.reason) == [
          .notPrivate, .failed(ENOTDIR), .separatorInName, .separatorInName, .failed(ENOENT),
        ]
      }
      #expect(try GuardFile.place(GuardLibrary.bytes, in: bad + [root + "/good"]).hasPrefix(root + "/good/"))
    }
  }

  @Test("lies in root's cache for root, whose programs may go on as another user, and at home for others")
  func folders() {
    let home = GuardFile.folders(isRoot: false) { $0 == "HOME" ? "/home/u" : nil }
    #expect(home.first == "/home/u/.cache/inquest")
    #expect(GuardFile.folders(isRoot: false) { $0 == "XDG_CACHE_HOME" ? "/c" : "/home/u" }.first == "/c/inquest")
    #expect(GuardFile.folders(isRoot: true) { _ in "/root" }.first == "/var/cache/inquest")
    #expect(GuardFile.folders(isRoot: false) { _ in nil }.count == 3)
  }
}
