import Bytes
import ELF
import Foundation
import ModuleFiles
import TestSupport
import Testing

@Suite("The search for a module's debug file")
struct DebugFileTests {
  /// A stripped `app` and its `app.debug`, which it names in .gnu_debuglink.
  private func split(_ folder: ModuleFolder, options: [String] = ["-Wl,--build-id=sha1"]) throws {
    try folder.addProgram(at: "whole", options: options)
    try folder.run("objcopy", "--only-keep-debug", "whole", "app.debug")
    try folder.run("objcopy", "-S", "--add-gnu-debuglink=app.debug", "whole", "app")
  }

  private func buildIDPlace(_ folder: ModuleFolder) throws -> String {
    let digits = try #require(try folder.elf("app").buildID).array.map { String(format: "%02x", $0) }.joined()
    return ".build-id/\(digits.prefix(2))/\(digits.dropFirst(2)).debug"
  }

  private func search(_ folder: ModuleFolder, debug: [String] = [], root: String = "root") throws -> FileSearch {
    let finder = FileFinder(
      SearchPaths(
        systemRoots: [folder.path + "/" + root], debugDirectories: debug.map { folder.path + "/" + $0 }))
    let request = try folder.request("/opt/app", like: "root/opt/app")
    return finder.debugFile(request, of: finder.moduleFile(request).found)
  }

  @Test(
    "looks in every place that tools put them",
    arguments: [
      "root/usr/lib/debug/BUILDID", "dbg/BUILDID", "dbg/.build-id/../BUILDID", "dbg/app.debug", "dbg/opt/app.debug",
      "root/opt/app.debug", "root/opt/.debug/app.debug", "root/usr/lib/debug/opt/app.debug",
    ])
  func places(_ place: String) throws {
    let folder = try ModuleFolder()
    try split(folder)
    let expected = place.replacingOccurrences(of: "BUILDID", with: try buildIDPlace(folder))
    try folder.run("mkdir", "-p", "dbg/.build-id")
    try folder.add(contentsOf: folder.path + "/app", at: "root/opt/app")
    try folder.add(contentsOf: folder.path + "/app.debug", at: expected)
    let found = try #require(try search(folder, debug: ["dbg"]).found)
    #expect(found.isVerified)
    #expect(found.elf.section(named: ".debug_info") != nil)
  }

  @Test("is not made for a module with debug information of its own")
  func whole() throws {
    let folder = try ModuleFolder()
    try split(folder)
    try folder.add(contentsOf: folder.path + "/whole", at: "root/opt/app")
    try folder.add(contentsOf: folder.path + "/app.debug", at: "root/opt/app.debug")
    let search = try search(folder)
    #expect(search.found == nil && search.refused.isEmpty)
  }

  @Test("refuses a file of another build")
  func wrongBuild() throws {
    let folder = try ModuleFolder()
    try split(folder)
    try folder.add(contentsOf: folder.path + "/app", at: "root/opt/app")
    try folder.addProgram(at: "root/opt/app.debug", options: ["-Wl,--build-id=0x1234"])
    let search = try search(folder)
    #expect(search.found == nil)
    guard case .wrongBuildID(_, "1234")? = search.refused.first?.reason else {
      Issue.record("refused: \(search.refused)")
      return
    }
  }

  @Test("goes by the checksum where there is no build-id, and only there")
  func checksum() throws {
    let folder = try ModuleFolder()
    try split(folder, options: ["-Wl,--build-id=none"])
    try folder.add(contentsOf: folder.path + "/app", at: "root/opt/app")
    try folder.add(contentsOf: folder.path + "/app.debug", at: "root/opt/app.debug")
    let found = try #require(try search(folder).found)
    #expect(found.origin == .debugLink)
    #expect(!found.isVerified)

    try folder.run("sh", "-c", "printf x >> root/opt/app.debug")
    let second = try search(folder)
    #expect(second.found == nil)
    #expect(second.refused.map(\.reason) == [.wrongChecksum])
  }

  @Test("does not follow a link's name out of the folders")
  func slashes() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "app", options: ["-Wl,--build-id=none"])
    try folder.run("strip", "app")
    try folder.run("sh", "-c", "printf '../../app\\0\\0\\0\\0\\0\\0\\0' > link")
    try folder.run("objcopy", "--add-section", ".gnu_debuglink=link", "app", "root-app")
    try folder.add(contentsOf: folder.path + "/root-app", at: "root/opt/app")
    let search = try search(folder)
    #expect(search.found == nil && search.refused.isEmpty)
  }

  @Test("unpacks symbols that a stripped file carries along")
  func debugData() throws {
    let folder = try ModuleFolder()
    try split(folder)
    try folder.run("sh", "-c", "objcopy -S --keep-symbol=read_null --keep-symbol=main app.debug mini; xz -k mini")
    try folder.run("objcopy", "--add-section", ".gnu_debugdata=mini.xz", "app", "carrier")
    let finder = FileFinder()
    let file = FoundFile(path: nil, origin: .path, elf: try folder.elf("carrier"), isVerified: true)
    let data = try #require(finder.debugData(of: file))
    #expect(data.origin == .debugData)
    let table = try #require(data.elf.symbols(SectionHeader.symbolTable))
    let names = (0..<table.count).compactMap { table.symbol(at: $0) }.compactMap { table.name(of: $0)?.text }
    #expect(names.contains("read_null"))
    let without = FoundFile(path: nil, origin: .path, elf: try folder.elf("app"), isVerified: true)
    #expect(finder.debugData(of: without) == nil)
  }

  @Test(
    "finds the file that dwz moved common parts to, by its build-id, or by DWARF 5's checksum",
    arguments: [[], ["--dwarf-5"]])
  func alternate(options: [String]) throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "one")
    try folder.addProgram(at: "two", options: ["-Wl,--build-id=sha1", "-DOTHER"])
    try runChecked(["dwz"] + options + ["-m", "common.debug", "-M", "common.debug", "one", "two"], in: folder.path)
    let finder = FileFinder()
    let file = FoundFile(path: folder.path + "/one", origin: .path, elf: try folder.elf("one"), isVerified: true)
    let found = try #require(finder.alternateFile(of: file).found)
    #expect(found.path == folder.path + "/common.debug")
    #expect(found.isVerified)

    try folder.addProgram(at: "other")
    try folder.run("mv", "other", "common.debug")
    let second = FileFinder().alternateFile(of: file)
    #expect(second.found == nil)
    #expect(second.refused.count == 1)
  }

  @Test(
    "takes no supplementary file on the word of a link that is cut, or of another version or kind",
    arguments: [
      [], [5], [5, 0, 0], [5, 0, 0, 0x61], [5, 0, 0, 0x61, 0], [5, 0, 0, 0x61, 0, 20, 1, 2], [5, 0, 0, 0x61, 0, 1, 2],
      [5, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8], [4, 0, 0, 0x61, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8],
      [5, 0, 1, 0x61, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8],
      [5, 0, 0, 0x61, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ] as [[UInt8]])
  func damagedLink(contents: [UInt8]) throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "one")
    try Data(contents).write(to: URL(fileURLWithPath: folder.path + "/link"))
    try folder.run("objcopy", "--add-section", ".debug_sup=link", "one", "linked")
    let file = FoundFile(path: folder.path + "/linked", origin: .path, elf: try folder.elf("linked"), isVerified: true)
    #expect(FileFinder().supplementLink(of: file) == nil)
    #expect(FileFinder().alternateFile(of: file).found == nil)
  }

  @Test("finds split debug information beside the program or where it was compiled")
  func splitFiles() throws {
    let folder = try ModuleFolder()
    let program = try Fixture.compile("threads_and_null.c", with: ["gcc", "-O1", "-g", "-pthread"])
    try folder.add(contentsOf: program, at: "build/obj/a.dwo")
    try folder.add(contentsOf: program, at: "bin/b.dwo")
    try folder.add(contentsOf: program, at: "bin/app.dwp")
    let finder = FileFinder()
    let file = FoundFile(
      path: folder.path + "/bin/app", origin: .path, elf: try folder.elf("bin/b.dwo"), isVerified: true)
    func split(_ name: String, _ accept: Bool = true) -> String? {
      finder.splitFile(named: name, compilationDirectory: folder.path + "/build", of: file) { _ in accept }?.path
    }
    #expect(split("obj/a.dwo") == folder.path + "/build/obj/a.dwo")
    #expect(split("gone/b.dwo") == folder.path + "/bin/b.dwo")
    #expect(split("obj/a.dwo", false) == nil)
    #expect(finder.packageFile(of: file, targetPath: "/app") { _ in true }?.path == folder.path + "/bin/app.dwp")
  }
}
