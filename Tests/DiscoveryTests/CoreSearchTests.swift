import Foundation
import TestSupport
import Testing

@testable import Discovery

@Suite("The search for cores")
struct CoreSearchTests {
  /// The least that is told for a core: an ELF header with e_type 4.
  private static let core: [UInt8] =
    [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + [4, 0] + [UInt8](repeating: 0, count: 110)
  private static let program = core.enumerated().map { $0.offset == 16 ? 3 : $0.element }

  private func write(_ bytes: [UInt8], _ path: String, age: Double = 0) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000 - age)], ofItemAtPath: path)
  }

  @Test("takes the newest first, and only files that are cores")
  func newest() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try write(Self.core, folder + "/core.1", age: 100)
    try write(Self.core, folder + "/core.2", age: 10)
    try write(Self.program, folder + "/core", age: 0)
    try write(Array("no core at all".utf8), folder + "/core.txt", age: 0)
    try write(Self.core, folder + "/data.bin", age: 0)
    let found = CoreSearch(pattern: nil, currentFolder: folder, stores: []).run()
    #expect(found.map(\.path) == [folder + "/core.2", folder + "/core.1"])
  }

  @Test("follows the kernel's pattern through folders whose names are not known")
  func pattern() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try write(Self.core, folder + "/cores/alpha/rustc.17.dump", age: 5)
    try write(Self.core, folder + "/cores/beta/rustc.18.dump", age: 3)
    try write(Self.core, folder + "/cores/beta/other", age: 1)
    let pattern = CorePattern(folder + "/cores/%h/%e.%p.dump", addsPID: false)
    let found = CoreSearch(pattern: pattern, currentFolder: folder + "/none", stores: []).run()
    #expect(found.map(\.path) == [folder + "/cores/beta/rustc.18.dump", folder + "/cores/alpha/rustc.17.dump"])
    #expect(found.map(\.place) == ["core_pattern", "core_pattern"])
  }

  @Test("names a file once that is found in two ways")
  func once() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try write(Self.core, folder + "/core.1")
    let pattern = CorePattern(folder + "/core.%p", addsPID: false)
    let found = CoreSearch(pattern: pattern, currentFolder: folder, stores: [(folder, "store")]).run()
    #expect(found.map(\.path) == [folder + "/core.1"])
  }

  @Test("looks into stores, and into their folders as ABRT has them")
  func stores() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try write(Self.core, folder + "/ccpp-2026/coredump")
    let found = CoreSearch(pattern: nil, currentFolder: folder + "/none", stores: [(folder, "ABRT")]).run()
    #expect(found.map(\.path) == [folder + "/ccpp-2026/coredump"])
    #expect(found.first?.place == "ABRT")
  }

  @Test("knows compressed cores by what is in them", arguments: ["gzip", "xz", "zstd", "lz4"])
  func compressed(tool: String) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try write(Self.core, folder + "/core.a")
    try write(Self.program, folder + "/core.b")
    for name in ["a", "b"] {
      try runChecked(["sh", "-c", "\(tool) -c core.\(name) > core.\(name).packed && rm core.\(name)"], in: folder)
    }
    let found = CoreSearch(pattern: nil, currentFolder: folder, stores: []).run()
    #expect(found.map(\.path) == [folder + "/core.a.packed"])
    #expect(found.first?.compression == tool)
  }

  @Test("is not stopped by folders and devices that are called like cores")
  func oddities() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try write(Self.core, folder + "/core.folder/x")
    try runChecked(["mkfifo", folder + "/core.fifo"])
    try runChecked(["ln", "-s", folder + "/core.loop", folder + "/core.loop"])
    #expect(CoreSearch(pattern: nil, currentFolder: folder, stores: []).run().isEmpty)
  }
}
