import Bytes
import Foundation
import TestSupport
import Testing

@testable import ELF

@Suite("Symbols of the dynamic linker's table")
struct DynamicSymbolTests {
  private func library(_ style: String) throws -> ELFFile {
    let path = try Fixture.compile(
      "threads_and_null.c", with: ["gcc", "-shared", "-fPIC", "-pthread", "-Dstatic=", "-Wl,--hash-style=" + style])
    return try ELFFile(ByteView(try MappedFile(path: path)))
  }

  @Test("are found by name with the table for that, and without", arguments: ["gnu", "sysv", "both"])
  func names(style: String) throws {
    let found = try library(style).dynamicSymbols(named: ["main", "read_null", "pthread_create", "mai", ""])
    #expect(Set(found.keys) == ["main", "read_null"], "pthread_create is of another library")
    #expect(Set(found.values.map(\.value)).count == 2)
  }

  @Test("are all found in libc")
  func libc() throws {
    let path = try runChecked(["gcc", "-print-file-name=libc.so.6"]).output.trimmingCharacters(in: .newlines)
    let elf = try ELFFile(ByteView(try MappedFile(path: path)))
    let table = try #require(elf.symbols(SectionHeader.dynamicSymbols))
    var addresses: [String: Set<UInt64>] = [:]
    for symbol in (0..<table.count).compactMap({ table.symbol(at: $0) }) where symbol.isDefined {
      addresses[try #require(table.name(of: symbol)).text, default: []].insert(symbol.value)
    }
    let found = elf.dynamicSymbols(named: Array(addresses.keys))
    #expect(found.count == addresses.count && found.count > 1000)
    for (name, symbol) in found { #expect(addresses[name]?.contains(symbol.value) == true) }
  }

  @Test("are looked for in whatever stands in the table's place")
  func hostile() throws {
    var bytes = [UInt8](repeating: 0, count: 96)
    bytes.replaceSubrange(0..<16, with: [3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0])
    bytes.replaceSubrange(24..<36, with: [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])
    for place in bytes.indices {
      for value in [0, 1, 0x7f, 0xff] as [UInt8] {
        var changed = bytes
        changed[place] = value
        for count in [bytes.count, place] {
          let table = GNUHashTable(ByteView(Array(changed.prefix(count))))
          #expect(table?.index(of: Array("first".utf8)) { _ in false } == nil)
        }
      }
    }
  }
}
