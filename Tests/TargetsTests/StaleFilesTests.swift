import Foundation
import Machine
import ModuleFiles
import Targets
import TestSupport
import Testing

@Suite("A core whose files are elsewhere, or are no longer what they were")
struct StaleFilesTests {
  /// A core of a program in a folder of its own, in which it may be replaced.
  private func crash() throws -> (folder: String, core: String) {
    let folder = try temporaryDirectory()
    let program = try Fixture.compile("threads_and_null.c", with: ["gcc", "-O1", "-g", "-pthread"])
    try Fixture.copy(program, to: folder + "/app")
    return (folder, try Fixture.core(of: [folder + "/app", "1"], in: folder))
  }

  @Test("is told so at the top where a program was built anew, and does not use it")
  func rebuilt() throws {
    let (folder, core) = try crash()
    defer { remove(folder) }
    let other = try Fixture.compile("threads_and_null.c", with: ["gcc", "-O2", "-g", "-pthread", "-DOTHER"])
    try FileManager.default.removeItem(atPath: folder + "/app")
    try FileManager.default.copyItem(atPath: other, toPath: folder + "/app")
    let target = try CoreTarget(path: core)
    let module = try #require(target.modules.first)
    #expect(module.isMismatched)
    #expect(module.file == nil)
    #expect(module.buildID != nil)
    #expect(module.image != nil)
    #expect(target.shortfalls.first?.isHeadline == true)
    #expect(target.shortfalls.first?.what.contains(folder + "/app") == true)
    let pc = try #require(target.signalledThread?.registers.instructionPointer(.x86_64))
    #expect(target.memory.window(containing: pc) == nil, "the other build's code is not this one's")
  }

  @Test("has a module without a file where it is gone, with its image in memory")
  func gone() throws {
    let (folder, core) = try crash()
    defer { remove(folder) }
    try FileManager.default.removeItem(atPath: folder + "/app")
    let target = try CoreTarget(path: core)
    let module = try #require(target.modules.first)
    #expect(module.file == nil && !module.isMismatched && module.image != nil)
    #expect(target.shortfalls.contains { $0.what.contains("no file was found of app") })
  }

  @Test("takes the executable that is named")
  func named() throws {
    let (folder, core) = try crash()
    defer { remove(folder) }
    try FileManager.default.moveItem(atPath: folder + "/app", toPath: folder + "/moved")
    let target = try CoreTarget(path: core, search: SearchPaths(executable: folder + "/moved"))
    #expect(target.modules.first?.file?.origin == .named)
    #expect(target.modules.first?.file?.isVerified == true)
  }

  @Test("finds everything in a container's root that was copied out")
  func container() throws {
    let (folder, core) = try crash()
    defer { remove(folder) }
    let modules = try CoreTarget(path: core).modules.filter { $0.file?.path != nil }
    for module in modules {
      let place = folder + "/root" + module.path
      try runChecked(["mkdir", "-p", URL(fileURLWithPath: place).deletingLastPathComponent().path])
      try runChecked(["cp", "-L", try #require(module.file?.path), place])
    }
    let target = try CoreTarget(path: core, search: SearchPaths(systemRoots: [folder + "/root"]))
    for module in target.modules where module.path != "[vdso]" {
      #expect(module.file?.path == folder + "/root" + module.path)
      #expect(module.file?.isVerified == true)
    }
  }
}
