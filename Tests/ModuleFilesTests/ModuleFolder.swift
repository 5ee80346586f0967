import Bytes
import ELF
import Foundation
import ModuleFiles
import TestSupport

/// A temporary folder with programs in it, gone with the test.
final class ModuleFolder {
  let path: String

  init() throws { path = try temporaryDirectory() }
  deinit { remove(path) }

  /// The fixture, compiled, put at `place` in this folder; folders are made.
  ///
  /// - Parameter options: make another build of it, with another build-id.
  func addProgram(at place: String, options: [String] = ["-Wl,--build-id=sha1"]) throws {
    let program = try Fixture.compile("threads_and_null.c", with: ["gcc", "-O1", "-g", "-pthread"] + options)
    try add(contentsOf: program, at: place)
  }

  func add(contentsOf file: String, at place: String) throws {
    try FileManager.default.createDirectory(
      atPath: URL(fileURLWithPath: path + "/" + place).deletingLastPathComponent().path,
      withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: file, toPath: path + "/" + place)
  }

  func addLink(at place: String, to destination: String) throws {
    try FileManager.default.createDirectory(
      atPath: URL(fileURLWithPath: path + "/" + place).deletingLastPathComponent().path,
      withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: path + "/" + place, withDestinationPath: destination)
  }

  func run(_ command: String...) throws { try runChecked(command, in: path) }

  func elf(_ place: String) throws -> ELFFile {
    try ELFFile(ByteView(try MappedFile(path: path + "/" + place)))
  }

  /// What a target would ask for whose module is the file at `place`.
  func request(_ targetPath: String, like place: String, withBuildID: Bool = true) throws -> ModuleRequest {
    let elf = try elf(place)
    return ModuleRequest(
      path: targetPath, buildID: withBuildID ? elf.buildID : nil, mappings: mappings(elf), machine: elf.header.machine)
  }

  /// The mappings that a kernel would make of the file's segments, at 0x5555_0000_0000.
  private func mappings(_ elf: ELFFile) -> [FileMapping] {
    elf.segments.filter { $0.type == ProgramHeader.load }.map { segment in
      let start = 0x5555_0000_0000 + segment.address & ~0xfff
      let offset = segment.fileOffset & ~0xfff
      let size = (segment.fileOffset - offset + segment.fileSize + 0xfff) & ~0xfff
      return FileMapping(start: start, end: start + size, fileOffset: offset)
    }
  }
}
