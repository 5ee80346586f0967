import Bytes
import Diagnosis
import Foundation
import ModuleFiles
import Targets
import TestSupport
import Testing

/// A folder with a file that is nested too deeply for any stack, and one that is not.
struct Orchard {
  let directory: String
  static let folder = "orchard"
  static let deep = "orchard/bottomless_pie.expr"

  init(deep: String = Orchard.deep) throws {
    directory = try temporaryDirectory()
    try FileManager.default.createDirectory(atPath: directory + "/" + Self.folder, withIntermediateDirectories: true)
    try "(1)".write(toFile: directory + "/orchard/fine.expr", atomically: true, encoding: .utf8)
    try String(repeating: "(", count: 2_000_000).write(
      toFile: directory + "/" + deep, atomically: true, encoding: .utf8)
  }

  /// The clues of a program that died in this folder.
  ///
  /// - Parameter isAtHand: whether the files can be looked at when the core is.
  func clues(_ program: [String], isAtHand: Bool = true) throws -> [Clue] {
    let core = try Fixture.core(of: program, in: directory, environment: ["PWD": directory])
    let files = { (path: String) -> FileExistence in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return .none }
      return isFolder.boolValue ? .folder : .file
    }
    return try investigate(core).clues(files: isAtHand ? files : nil).clues.filter { !$0.isByTheWay }
  }
}

extension Clue {
  var summary: String { "\(certainty) \(kind.rawValue) \(text): \(place); \(reasons)" }
}

@Suite("Which input a program was working on")
struct ClueTests {
  @Test(
    "is told of parsers in each language, though no argument names the file",
    arguments: [
      ("input_parser.c", ["gcc", "-O1"], ["walk"]), ("input_parser.c", ["gcc", "-O1", "-s"], ["walk"]),
      ("input_parser.c", ["musl-gcc", "-O1", "-static"], ["walk"]),
      ("input_parser.cpp", ["g++", "-std=c++20", "-O1"], []), ("input_parser.rs", ["rustc", "-O"], []),
      ("input_parser.rs", ["rustc", "-C", "strip=symbols"], []), ("input_parser.swift", ["swiftc", "-Onone"], []),
    ],
    [true, false])
  func languages(_ program: (source: String, compiler: [String], arguments: [String]), isAtHand: Bool) throws {
    let executable = try Fixture.compile(program.source, with: program.compiler)
    let clues = try Orchard().clues([executable] + program.arguments + [Orchard.folder], isAtHand: isAtHand)
    let first = try #require(clues.first, "nothing was found")
    #expect(first.text == Orchard.deep, "\(clues.map(\.summary))")
    #expect(first.kind == .path)
    #expect(first.place.hasPrefix("frame "), "\(first.summary)")
    #expect(!clues.contains { $0.text.hasSuffix("fine.expr") }, "\(clues.map(\.summary))")
  }

  @Test("is told of a short name, which C++ keeps inside of its string", arguments: ["orchard/d.ex", "orchard/pie.q"])
  func shortNames(name: String) throws {
    let executable = try Fixture.compile("input_parser.cpp", with: ["g++", "-std=c++20", "-O1"])
    let clues = try Orchard(deep: name).clues([executable, Orchard.folder])
    #expect(clues.first?.text == name, "\(clues.map(\.summary))")
  }

  @Test("is likely where frames refer to what is also an argument")
  func argument() throws {
    let executable = try Fixture.compile("input_parser.c", with: ["gcc", "-O1"])
    let clues = try Orchard().clues([executable, "argument", Orchard.deep])
    #expect(clues.first?.text == Orchard.deep, "\(clues.map(\.summary))")
    #expect(clues.first?.certainty == .likely, "\(clues.map(\.summary))")
    #expect(clues.first?.reasons.contains("is argument 2 of the command line") == true)
  }

  @Test(
    "is a request or a statement where one is held",
    arguments: [
      ("request", TextKind.httpRequest, "PUT /orchard/7?kind=a HTTP/1.1"),
      ("query", .sql, "SELECT name FROM orchard WHERE id = 7 ORDER BY name"),
    ])
  func statements(mode: String, kind: TextKind, text: String) throws {
    let executable = try Fixture.compile("input_parser.c", with: ["gcc", "-O1"])
    let clues = try Orchard().clues([executable, mode, Orchard.folder])
    #expect(clues.first?.text == text, "\(clues.map(\.summary))")
    #expect(clues.first?.kind == kind)
    #expect(clues.first?.certainty == .likely)
  }

  @Test(
    "is not told where files were opened, settings hold paths, or a message names one, and the death is elsewhere",
    arguments: ["elsewhere", "list", "settings", "message"])
  func nearMisses(mode: String) throws {
    let executable = try Fixture.compile("input_parser.c", with: ["gcc", "-O1"])
    let clues = try Orchard().clues([executable, mode, Orchard.folder])
    #expect(clues.isEmpty, "\(clues.map(\.summary))")
  }

  @Test("is possibly a file that only a variable of the program names, where that is at hand")
  func variable() throws {
    let executable = try Fixture.compile("input_parser.c", with: ["gcc", "-O1"])
    let clues = try Orchard(deep: "orchard/list.csv").clues([executable, "variable", Orchard.folder])
    #expect(clues.first?.text == "orchard/list.csv", "\(clues.map(\.summary))")
    #expect(clues.first?.certainty == .possible)
    #expect(clues.first?.place.hasPrefix("variable current_file") == true, "\(clues.map(\.summary))")
    #expect(clues.count == 1)
  }

  @Test("is never a likely one of several files that were given, where the death is elsewhere")
  func manyArguments() throws {
    let executable = try Fixture.compile("input_parser.c", with: ["gcc", "-O1"])
    let clues = try Orchard().clues([executable, "elsewhere", Orchard.folder, "a.csv", "b.csv", Orchard.deep])
    #expect(clues.isEmpty, "\(clues.map(\.summary))")
  }

  @Test("of rustc is the file it was parsing, in a crate whose root is another file", arguments: [true, false])
  func rustc(isModule: Bool) throws {
    let directory = try temporaryDirectory()
    try FileManager.default.createDirectory(atPath: directory + "/deep", withIntermediateDirectories: true)
    let blocks = String(repeating: "{", count: 2000) + String(repeating: "}", count: 2000)
    let main = isModule ? "" : "fn main() {}\n"
    try "\(main)fn nested() {\n\(blocks)\n}\n".write(
      toFile: directory + "/deep/nested.rs", atomically: true, encoding: .utf8)
    try "mod nested;\nfn main() {}\n".write(toFile: directory + "/deep/main.rs", atomically: true, encoding: .utf8)
    let core = try Fixture.core(
      of: [try Fixture.rustc(), isModule ? "deep/main.rs" : "deep/nested.rs"], in: directory,
      environment: ["RUST_MIN_STACK": "\(2 << 20)"])
    // Without any file at hand: its name is in memory alone.
    let clues = try investigate(core).clues().clues
    #expect(clues.first?.text == "deep/nested.rs", "\(clues.map(\.summary))")
    #expect(clues.first?.certainty == .likely, "\(clues.map(\.summary))")
  }

  @Test("of Python is the document that was too deep, before the script that everybody knows of")
  func python() throws {
    let directory = try temporaryDirectory()
    try String(repeating: "[", count: 200_000).write(
      toFile: directory + "/bottomless.json", atomically: true, encoding: .utf8)
    let script =
      "import json,sys\nsys.setrecursionlimit(10**9)\ndef load(p):\n    with open(p) as f: return json.load(f)\nload('./bottomless.json')\n"
    try script.write(toFile: directory + "/run.py", atomically: true, encoding: .utf8)
    let core = try Fixture.core(
      of: ["bash", "-c", "ulimit -s 1024; exec \"$0\" run.py", try Fixture.python()], in: directory)
    let clues = try investigate(core).clues().clues
    #expect(
      clues.contains { $0.text.hasSuffix("bottomless.json") || $0.kind == .sourceText }, "\(clues.map(\.summary))")
    #expect(!clues.contains { $0.text.contains("/lib/python") }, "\(clues.map(\.summary))")
  }

  @Test("lists files below the working folder that no frame leads to, behind the others")
  func byTheWay() throws {
    let executable = try Fixture.compile("input_parser.c", with: ["gcc", "-O1"])
    let orchard = try Orchard()
    let core = try Fixture.core(
      of: [executable, "far", orchard.directory + "/orchard"], in: orchard.directory,
      environment: ["PWD": orchard.directory])
    let clues = try investigate(core).clues()
    let far = try #require(clues.clues.first { $0.text == orchard.directory + "/orchard/far.csv" })
    #expect(far.isByTheWay && far.certainty == .possible)
    #expect(clues.searchedBytes == nil)
    #expect(!clues.clues.contains { $0.text.hasPrefix(orchard.directory) && !$0.isByTheWay })
  }
}
