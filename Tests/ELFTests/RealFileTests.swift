import Bytes
import ELF
import Foundation
import TestSupport
import Testing

/// Files that linkers made, held against what binutils says of them.
@Suite("A file from a linker")
struct RealFileTests {
  static let program = Result {
    try Fixture.compile("threads_and_null.c", with: ["gcc", "-O1", "-g", "-pthread", "-Wl,--build-id=sha1"])
  }

  @Test("has the sections, segments and build-id that readelf shows")
  func readelf() throws {
    let path = try Self.program.get()
    let elf = try ELFFile(ByteView(try MappedFile(path: path)))
    let shown = try runChecked(["readelf", "-SWnl", path]).output
    for section in elf.sections.dropFirst() {
      let name = try #require(elf.name(of: section)?.text)
      #expect(shown.contains(" \(name) "), "readelf does not show \(name)")
    }
    #expect(shown.contains("There are \(elf.sectionCount) section headers"))
    #expect(shown.contains("There are \(elf.segments.count) program headers"))
    let identifier = try #require(elf.buildID).array.map { String(format: "%02x", $0) }.joined()
    #expect(shown.contains("Build ID: \(identifier)"))
  }

  @Test("has the functions that nm shows, at the same addresses")
  func nm() throws {
    let path = try Self.program.get()
    let table = try #require(try ELFFile(ByteView(try MappedFile(path: path))).symbols(SectionHeader.symbolTable))
    var functions: [String: UInt64] = [:]
    for index in 0..<table.count {
      if let symbol = table.symbol(at: index), symbol.type == 2, symbol.isDefined {
        functions[try #require(table.name(of: symbol)).text] = symbol.value
      }
    }
    for line in try runChecked(["nm", path]).output.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count == 3, fields[1] == "T" || fields[1] == "t", ["main", "read_null"].contains(fields[2]) else {
        continue
      }
      #expect(functions[String(fields[2])] == UInt64(fields[0], radix: 16))
    }
    #expect(functions["main"] != nil && functions["read_null"] != nil)
  }

  @Test("of aarch64 is read alike")
  func aarch64() throws {
    let path = try Fixture.compile("aarch64_crash.c", with: ["aarch64-linux-gnu-gcc", "-O1", "-g"])
    let elf = try ELFFile(ByteView(try MappedFile(path: path)))
    #expect(elf.header.machine == ELFHeader.machineAArch64)
    #expect(elf.section(named: ".debug_info") != nil)
    #expect(elf.buildID != nil)
  }
}
