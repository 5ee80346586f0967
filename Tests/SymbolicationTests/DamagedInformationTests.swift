import Bytes
import DWARF
import ELF
import Foundation
import TestSupport
import Testing

/// The sections with debug information of a program that was compiled for the test.
private func sections(_ source: String, _ compiler: [String]) throws -> (DebugSections, addresses: [UInt64]) {
  let elf = try ELFFile(ByteView(try MappedFile(path: try Fixture.compile(source, with: compiler))))
  func contents(_ name: StaticString) -> ByteView {
    // In memory of its own, so that no read beyond a section ends in another.
    elf.section(named: name).map { ByteView(elf.contents(of: $0).array) } ?? .empty
  }
  var sections = DebugSections()
  sections.info = contents(".debug_info")
  sections.abbreviations = contents(".debug_abbrev")
  sections.line = contents(".debug_line")
  sections.strings = contents(".debug_str")
  sections.lineStrings = contents(".debug_line_str")
  sections.stringOffsets = contents(".debug_str_offsets")
  sections.addresses = contents(".debug_addr")
  sections.addressRanges = contents(".debug_aranges")
  sections.ranges = contents(".debug_ranges")
  sections.rangeLists = contents(".debug_rnglists")
  let text = try #require(elf.section(named: ".text"))
  return (sections, stride(from: text.address, to: text.address + text.fileSize, by: 5).map { $0 })
}

/// A generator that gives the same numbers in every run, so that a failure can be repeated.
private struct Repeatable: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}

private var kinds: [WritableKeyPath<DebugSections, ByteView>] {
  [
    \.info, \.abbreviations, \.line, \.strings, \.lineStrings, \.stringOffsets, \.addresses, \.addressRanges, \.ranges,
    \.rangeLists,
  ]
}

@Suite("Damaged debug information")
struct DamagedInformationTests {
  static let compilers = [
    ["gcc", "-O2", "-g"], ["gcc", "-O2", "-g", "-gdwarf-4"], ["clang", "-O2", "-g"],
    ["clang", "-O2", "-g", "-gdwarf-4"], ["clang", "-O2", "-g", "-gdwarf64"],
  ]

  @Test(
    "costs answers, never a trap or time without end, whichever bytes are changed", .timeLimit(.minutes(5)),
    arguments: compilers)
  func flipped(_ compiler: [String]) throws {
    let (whole, addresses) = try sections("inlining.c", compiler)
    let good = DebugInformation(whole).lookUp(addresses)
    #expect(good.contains { !$0.inlined.isEmpty })
    var random = Repeatable(state: 42)
    var damaged = 0
    for _ in 0..<1500 {
      let kind = kinds.filter { !whole[keyPath: $0].isEmpty }.randomElement(using: &random) ?? \.info
      var bytes = whole[keyPath: kind].array
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        // The beginning holds the headers.
        let limit = Bool.random(using: &random) ? bytes.count : min(bytes.count, 64)
        let position = Int.random(in: 0..<limit, using: &random)
        bytes[position] =
          [UInt8.random(in: 0...255, using: &random), 0, 0xff, 0x7f, 0x80].randomElement(using: &random) ?? 0
      }
      var sections = whole
      sections[keyPath: kind] = ByteView(bytes)
      let information = DebugInformation(sections)
      let places = information.lookUp(addresses)
      #expect(places.count == addresses.count)
      #expect(information.problems.count <= 32)
      if !information.problems.isEmpty { damaged += 1 }
    }
    // Much of the damage must have been noticed, or the test damages nothing.
    #expect(damaged > 100)
  }

  @Test("costs answers, wherever a section is cut", .timeLimit(.minutes(5)), arguments: [compilers[0], compilers[3]])
  func cut(_ compiler: [String]) throws {
    let (whole, addresses) = try sections("inlining.c", compiler)
    for kind in kinds where !whole[keyPath: kind].isEmpty {
      let bytes = whole[keyPath: kind]
      for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 60)) {
        var sections = whole
        sections[keyPath: kind] = ByteView(Array(bytes.array.prefix(count)))
        let places = DebugInformation(sections).lookUp(addresses)
        #expect(places.count == addresses.count)
      }
    }
  }
}
