import Bytes
import ELF
import Foundation
import ModuleFiles
import Symbolication
import Targets
import TestSupport

/// A file on this machine as a module of an imagined target, `bias` above where the linker placed it.
func module(_ path: String, debugFile: String? = nil, bias: UInt64 = 0x7f00_0000_0000) throws -> Module {
  let elf = try ELFFile(ByteView(try MappedFile(path: path)))
  let loads = elf.segments.filter { $0.type == ProgramHeader.load }
  let debug = try debugFile.map {
    FoundFile(
      path: $0, origin: .buildID, elf: try ELFFile(ByteView(try MappedFile(path: $0))), isVerified: true)
  }
  return Module(
    path: path, start: bias &+ (loads.first?.address ?? 0),
    end: bias &+ (loads.map { $0.address &+ $0.memorySize }.max() ?? 0), bias: bias, buildID: elf.buildID,
    file: FoundFile(path: path, origin: .path, elf: elf, isVerified: true), debugFile: debug, image: nil, refused: [])
}

/// The defined functions of a file as binutils' `nm` lists them: address and name.
func functions(of path: String) throws -> [(address: UInt64, size: UInt64, name: String)] {
  try runChecked(["nm", "-S", "--defined-only", path]).output.split(separator: "\n").compactMap { line in
    let parts = line.split(separator: " ")
    guard parts.count == 4, ["t", "T", "W", "i"].contains(parts[2]), let address = UInt64(parts[0], radix: 16),
      let size = UInt64(parts[1], radix: 16)
    else { return nil }
    return (address, size, String(parts[3]))
  }
}
