import Foundation
import TestSupport
import Testing

@testable import ModuleFiles

@Suite("Source texts")
struct SourceFinderTests {
  private func folder(_ files: [String: String]) throws -> String {
    let folder = try temporaryDirectory()
    for (path, text) in files {
      let place = URL(fileURLWithPath: folder + "/" + path)
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: place, atomically: false, encoding: .utf8)
    }
    return folder
  }

  private let text = (1...9).map { "line \($0)" }.joined(separator: "\n")

  @Test("are quoted around a line", arguments: [(5, 2, 5, 8), (1, 1, 1, 4), (9, 6, 9, 9), (8, 5, 8, 9)])
  func excerpt(line: UInt64, first: UInt64, _: UInt64, last: UInt64) throws {
    let folder = try folder(["a.c": text])
    defer { remove(folder) }
    let excerpt = try #require(SourceFinder().excerpt(of: folder + "/a.c", line: line))
    #expect(excerpt.firstLine == first)
    #expect(excerpt.lines.first == "line \(first)")
    #expect(excerpt.lines.last == "line \(last)")
  }

  @Test("are not quoted where they have no such line", arguments: [0, 10, 11, 5000, UInt64.max, UInt64.max - 1])
  func beyond(line: UInt64) throws {
    let folder = try folder(["a.c": text, "empty.c": ""])
    defer { remove(folder) }
    #expect(SourceFinder().excerpt(of: folder + "/a.c", line: line) == nil)
    #expect(SourceFinder().excerpt(of: folder + "/empty.c", line: line) == nil)
  }

  @Test("are found below a root by the longest end of their names")
  func roots() throws {
    let folder = try folder(["stdlib/getenv.c": "long", "getenv.c": "short"])
    defer { remove(folder) }
    let finder = SourceFinder(roots: [folder])
    #expect(finder.excerpt(of: "/build/glibc/stdlib/getenv.c", line: 1)?.lines == ["long"])
    #expect(finder.excerpt(of: "./stdlib/./getenv.c", line: 1)?.lines == ["long"])
    #expect(finder.excerpt(of: "/elsewhere/getenv.c", line: 1)?.lines == ["short"])
    #expect(finder.excerpt(of: "/elsewhere/setenv.c", line: 1) == nil)
  }

  @Test("of another root file system are not looked for on this one")
  func systemRoot() throws {
    let folder = try folder(["src/a.c": "there", "b.c": "here"])
    defer { remove(folder) }
    let finder = SourceFinder(systemRoots: [folder])
    #expect(finder.excerpt(of: "/src/a.c", line: 1)?.lines == ["there"])
    #expect(finder.excerpt(of: folder + "/b.c", line: 1) == nil)
  }

  @Test(
    "are only what is named like one, whatever debug information says",
    arguments: [
      "/etc/passwd", "/proc/self/environ", "secret", "id_rsa", ".c/secret", "../outside.c", "pipe.c", "folder.c",
      "a.c\u{0}", "",
    ])
  func refuses(name: String) throws {
    let outer = try folder([
      "outside.c": "no", "in/secret": "no", "in/id_rsa": "no", "in/.c/secret": "no", "in/folder.c/x": "",
      "in/a.c": "no",
    ])
    defer { remove(outer) }
    try runChecked(["mkfifo", outer + "/in/pipe.c"])
    let path = name.hasPrefix("/") ? name : outer + "/in/" + name
    #expect(SourceFinder().excerpt(of: path, line: 1) == nil)
    #expect(SourceFinder(roots: [outer + "/in"]).excerpt(of: name, line: 1) == nil)
  }

  @Test("with lines without end are cut")
  func longLine() throws {
    let folder = try folder(["a.rs": String(repeating: "x", count: 100_000)])
    defer { remove(folder) }
    #expect(SourceFinder().excerpt(of: folder + "/a.rs", line: 1)?.lines.first?.count == 400)
  }
}
