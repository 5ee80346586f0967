import Foundation
import ModuleFiles
import TestSupport
import Testing

@Suite("The search for a module's file")
struct FileFinderTests {
  private static let otherBuild = ["-Wl,--build-id=0x0123456789abcdef0123456789abcdef01234567"]

  @Test(
    "tries the module's path in the root, on both sides of /usr's merge, and the name alone",
    arguments: [
      ("/opt/app", "opt/app"), ("/lib/libx.so", "usr/lib/libx.so"), ("/usr/lib/libx.so", "lib/libx.so"),
      ("/bin/app", "usr/bin/app"), ("/opt/app (deleted)", "opt/app"), ("/opt/deep/app", "app"),
    ])
  func paths(_ targetPath: String, _ place: String) throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "root/" + place)
    let finder = FileFinder(SearchPaths(systemRoots: [folder.path + "/root"]))
    let search = finder.moduleFile(try folder.request(targetPath, like: "root/" + place))
    #expect(search.found?.path == folder.path + "/root/" + place)
    #expect(search.found?.origin == .path)
    #expect(search.found?.isVerified == true)
    #expect(search.refused.isEmpty)
  }

  @Test("goes on to the next root where one has not the file, or the wrong one")
  func roots() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "stale/app", options: Self.otherBuild)
    try folder.addProgram(at: "right/app")
    try folder.run("mkdir", "empty")
    let finder = FileFinder(SearchPaths(systemRoots: ["empty", "stale", "right"].map { folder.path + "/" + $0 }))
    let search = finder.moduleFile(try folder.request("/app", like: "right/app"))
    #expect(search.found?.path == folder.path + "/right/app")
    #expect(search.refused.map(\.path) == [folder.path + "/stale/app"])
  }

  @Test("refuses a file with another build-id, whatever else agrees")
  func wrongBuild() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "right/app")
    try folder.addProgram(at: "root/app", options: Self.otherBuild)
    let finder = FileFinder(SearchPaths(systemRoots: [folder.path + "/root"]))
    let request = try folder.request("/app", like: "right/app")
    let search = finder.moduleFile(request)
    #expect(search.found == nil)
    let expected = try #require(request.buildID).array.map { String(format: "%02x", $0) }.joined()
    #expect(
      search.refused == [
        RefusedFile(
          path: folder.path + "/root/app",
          reason: .wrongBuildID(expected: expected, found: "0123456789abcdef0123456789abcdef01234567"))
      ])
  }

  @Test("refuses a file without a build-id where the target's is known")
  func noBuildID() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "right/app")
    try folder.addProgram(at: "root/app", options: ["-Wl,--build-id=none"])
    let finder = FileFinder(SearchPaths(systemRoots: [folder.path + "/root"]))
    let search = finder.moduleFile(try folder.request("/app", like: "right/app"))
    #expect(search.found == nil)
    #expect(search.refused.count == 1)
  }

  @Test("accepts by layout alone where the target's build-id is not known, and says that it did")
  func layout() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "root/app")
    let finder = FileFinder(SearchPaths(systemRoots: [folder.path + "/root"]))
    let found = try #require(finder.moduleFile(try folder.request("/app", like: "root/app", withBuildID: false)).found)
    #expect(!found.isVerified)
  }

  @Test("refuses a file whose segments do not fit the mappings")
  func otherLayout() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "right/app")
    // All segments in two pages, as before linkers separated code.
    try folder.addProgram(at: "root/app", options: ["-Wl,-z,noseparate-code"])
    let finder = FileFinder(SearchPaths(systemRoots: [folder.path + "/root"]))
    let search = finder.moduleFile(try folder.request("/app", like: "right/app", withBuildID: false))
    #expect(search.found == nil)
    #expect(search.refused.map(\.reason) == [.otherLayout])
  }

  @Test("takes a file's first page over its layout, where that was dumped")
  func firstPage() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "right/app", options: ["-Wl,--build-id=none"])
    try folder.addProgram(at: "root/app", options: ["-Wl,--build-id=none", "-DANOTHER", "-g0"])
    let finder = FileFinder(SearchPaths(systemRoots: [folder.path + "/root"]))
    var request = try folder.request("/app", like: "right/app", withBuildID: false)
    request.image = try #require(try folder.elf("right/app").bytes.slice(0, 4096))
    let search = finder.moduleFile(request)
    #expect(search.found == nil, "section headers lie elsewhere, so that the ELF headers differ")
    request.image = try #require(try folder.elf("root/app").bytes.slice(0, 4096))
    #expect(finder.moduleFile(request).found?.isVerified == false)
  }

  @Test("refuses what is no ELF file, one of another machine, or unreadable")
  func notUsable() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "right/app")
    try folder.run("mkdir", "-p", "root/dir")
    try folder.run("sh", "-c", "echo hello > root/text; : > root/empty")
    let foreign = try Fixture.compile("aarch64_crash.c", with: ["aarch64-linux-gnu-gcc", "-O1", "-g"])
    try folder.add(contentsOf: foreign, at: "root/foreign")
    let finder = FileFinder(SearchPaths(systemRoots: [folder.path + "/root"]))
    for (name, reason) in [
      ("text", .notUsable), ("empty", .notUsable), ("foreign", .notUsable), ("dir", .unreadable(21)),
    ] as [(String, RefusedFile.Reason)] {
      let search = finder.moduleFile(try folder.request("/" + name, like: "right/app"))
      #expect(search.found == nil)
      #expect(search.refused.map(\.reason) == [reason], "\(name)")
    }
  }

  @Test("finds a file by its build-id where its path leads nowhere")
  func byBuildID() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "app")
    let digits = try #require(try folder.elf("app").buildID).array.map { String(format: "%02x", $0) }.joined()
    let place = "debug/.build-id/\(digits.prefix(2))/\(digits.dropFirst(2))"
    try folder.add(contentsOf: folder.path + "/app", at: place)
    let finder = FileFinder(
      SearchPaths(systemRoots: [folder.path + "/none"], debugDirectories: [folder.path + "/debug"]))
    let search = finder.moduleFile(try folder.request("/gone/app", like: "app"))
    #expect(search.found?.path == folder.path + "/" + place)
    #expect(search.found?.origin == .buildID)
  }

  @Test("takes the executable that the user names, if it is the right one")
  func named() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "mine")
    try folder.addProgram(at: "stale", options: Self.otherBuild)
    var request = try folder.request("/gone/app", like: "mine")
    request.isExecutable = true
    let root = folder.path + "/none"
    func search(_ name: String) -> FileSearch {
      FileFinder(SearchPaths(executable: folder.path + "/" + name, systemRoots: [root])).moduleFile(request)
    }
    #expect(search("mine").found?.origin == .named)
    #expect(search("stale").found == nil)
    #expect(search("stale").refused.count == 1)
    #expect(search("nothing").refused == [RefusedFile(path: folder.path + "/nothing", reason: .unreadable(2))])
    request.isExecutable = false
    #expect(search("mine").found == nil, "it is named for the executable alone")
  }

  @Test("finds an executable that was started by a relative path beside the core")
  func relative() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "bin/app")
    var request = try folder.request("./bin/app", like: "bin/app")
    request.isExecutable = true
    let finder = FileFinder(SearchPaths(systemRoots: [folder.path + "/none"]), workingFolders: [folder.path])
    #expect(finder.moduleFile(request).found != nil)
  }

  @Test("takes the host's own file for a root that lacks it only if its build-id proves it")
  func hostsOwn() throws {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "app")
    let finder = FileFinder(SearchPaths(systemRoots: [folder.path + "/none"]))
    let path = folder.path + "/app"
    #expect(finder.moduleFile(try folder.request(path, like: "app")).found?.isVerified == true)
    #expect(finder.moduleFile(try folder.request(path, like: "app", withBuildID: false)).found == nil)
  }
}
