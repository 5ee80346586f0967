import ModuleFiles
import TestSupport
import Testing

@Suite("A system root")
struct SystemRootTests {
  private func search(_ folder: ModuleFolder, _ path: String) throws -> FileSearch {
    let finder = FileFinder(SearchPaths(systemRoots: [folder.path + "/root"]))
    return finder.moduleFile(try folder.request(path, like: "root/usr/lib/libx.so.1"))
  }

  /// `usr/lib/libx.so.1` in a root, to which links are added.
  private func folder(_ links: [(String, String)]) throws -> ModuleFolder {
    let folder = try ModuleFolder()
    try folder.addProgram(at: "root/usr/lib/libx.so.1")
    for (place, destination) in links { try folder.addLink(at: "root/" + place, to: destination) }
    return folder
  }

  @Test(
    "is where absolute links start from, and what .. does not leave",
    arguments: [
      [("opt/l.so", "/usr/lib/libx.so.1")],
      [("opt/l.so", "../usr/lib/libx.so.1")],
      [("opt/l.so", "../../../../../usr/lib/libx.so.1")],
      [("opt/l.so", "/../../usr/lib/libx.so.1")],
      [("opt/l.so", "/a/b"), ("a", "/c"), ("c/b", "/usr/lib/libx.so.1")],
      [("opt", "/usr/lib"), ("usr/lib/l.so", "./libx.so.1")],
    ])
  func links(_ links: [(String, String)]) throws {
    let folder = try folder(links)
    let found = try #require(try search(folder, "/opt/l.so").found)
    #expect(found.path == folder.path + "/root/usr/lib/libx.so.1")
  }

  @Test("is not left by a path with .. in it")
  func dots() throws {
    let folder = try folder([])
    #expect(try search(folder, "/usr/../../../usr/lib/libx.so.1").found != nil)
    try folder.addProgram(at: "outside")
    #expect(try search(folder, "/../outside").found == nil)
  }

  @Test(
    "does not follow links in circles",
    arguments: [[("opt/l.so", "l.so")], [("opt/l.so", "/a"), ("a", "/opt/l.so")], [("opt/l.so", "l.so/l.so/l.so")]])
  func circles(_ links: [(String, String)]) throws {
    let found = try search(folder(links), "/opt/l.so")
    #expect(found.found == nil)
    #expect(found.refused.map(\.reason).contains(.linkLoop))
  }
}
