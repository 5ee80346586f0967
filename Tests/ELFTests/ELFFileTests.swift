import Bytes
import ELF
import TestSupport
import Testing

@Suite("An ELF file")
struct ELFFileTests {
  /// Two sections, a symbol table of three, and notes.
  private func writer() -> ELFWriter {
    var file = ELFWriter(type: 3)
    file.entry = 0x1234
    var notes = NoteWriter()
    notes.add("CORE", 7, [1, 2, 3])
    notes.addBuildID([0xab, 0xcd, 0xef, 1])
    file.segments = [
      ELFWriter.Segment(type: 1, flags: 5, address: 0x1000, contents: Array(0..<32), memorySize: 64),
      ELFWriter.Segment(type: 4, flags: 4, address: 0x2000, contents: notes.bytes, alignment: 4),
    ]
    file.sections = [
      ELFWriter.Section(".text", flags: 6, address: 0x1000, contents: [0x90, 0xc3]),
      ELFWriter.Section(".textual", contents: [1]),
      ELFWriter.Section(".symtab", type: 2, contents: symbols(), link: 4),
      ELFWriter.Section(".strtab", type: 3, contents: Array("\u{0}main\u{0}helper\u{0}".utf8)),
    ]
    return file
  }

  /// The null symbol, main (a global function), and helper (local, undefined).
  private func symbols() -> [UInt8] {
    var table = ByteWriter()
    table.append(zeros: 24)
    for (name, info, section, value, size) in [
      (1, 0x12, 1, 0x1000, 0x20), (6, 0x00, 0, 0, 0),
    ] as [(UInt32, UInt8, UInt16, UInt64, UInt64)] {
      table.append(name)
      table.append(info)
      table.append(UInt8(0))
      table.append(section)
      table.append(value)
      table.append(size)
    }
    return table.bytes
  }

  @Test("has the header that was written")
  func header() throws {
    let elf = try ELFFile(ByteView(writer().bytes()))
    #expect(elf.header.type == ELFHeader.sharedObject)
    #expect(elf.header.machine == ELFHeader.machineX86_64)
    #expect(elf.header.entry == 0x1234)
    #expect(elf.segments.map(\.type) == [1, 4])
    #expect(elf.sectionCount == 6)
    #expect(!elf.isTruncated)
  }

  @Test("has segments with their bytes")
  func segments() throws {
    let elf = try ELFFile(ByteView(writer().bytes()))
    let load = try #require(elf.segments.first)
    #expect(elf.contents(of: load).array == Array(0..<32))
    #expect(load.memorySize == 64)
    #expect(load.isReadable && load.isExecutable && !load.isWritable)
  }

  @Test("finds sections by their whole name")
  func sections() throws {
    let elf = try ELFFile(ByteView(writer().bytes()))
    let text = try #require(elf.section(named: ".text"))
    #expect(elf.contents(of: text).array == [0x90, 0xc3])
    #expect(elf.name(of: text)?.text == ".text")
    #expect(elf.section(named: ".tex") == nil)
    #expect(elf.section(named: ".textual").map { elf.contents(of: $0).array } == [1])
  }

  @Test("finds its build-id among its notes")
  func buildID() throws {
    let elf = try ELFFile(ByteView(writer().bytes()))
    #expect(elf.buildID?.array == [0xab, 0xcd, 0xef, 1])
    #expect(elf.notes.map(\.type) == [7, 3])
    #expect(elf.notes.first?.contents.array == [1, 2, 3])
  }

  @Test("has symbols with their names")
  func symbolTable() throws {
    let table = try #require(try ELFFile(ByteView(writer().bytes())).symbols(SectionHeader.symbolTable))
    #expect(table.count == 3)
    let main = try #require(table.symbol(at: 1))
    #expect(table.name(of: main)?.text == "main")
    #expect(main.type == 2 && main.binding == 1 && main.isDefined && main.value == 0x1000 && main.size == 0x20)
    #expect(table.symbol(at: 2)?.isDefined == false)
    #expect(table.symbol(at: 3) == nil)
    #expect(table.symbol(at: -1) == nil)
    #expect(table.symbol(at: Int.max) == nil)
  }

  @Test("that is cut anywhere is read as far as it goes")
  func cut() throws {
    let whole = writer().bytes()
    let elf = try ELFFile(ByteView(whole))
    for length in 64..<whole.count {
      let cut = try ELFFile(ByteView(Array(whole.prefix(length))))
      #expect(cut.segments.count <= 2)
      for segment in cut.segments { #expect(cut.contents(of: segment).count <= 256) }
      #expect(cut.sectionCount < elf.sectionCount || length == whole.count)
      #expect(cut.isTruncated)
      #expect(cut.section(named: ".text") == nil, "the section headers come last")
      _ = cut.notes
      _ = cut.symbols(SectionHeader.symbolTable)
    }
  }

  @Test("whose count of segments does not fit its field has it in section 0 (PN_XNUM)")
  func extendedCount() throws {
    var file = writer()
    file.usesExtendedCount = true
    let elf = try ELFFile(ByteView(file.bytes()))
    #expect(elf.header.programHeaderCount == 2)
    #expect(elf.segments.count == 2)
  }

  @Test("whose section 0 is gone claims as many segments as the field can say, and has what is there")
  func extendedCountLost() throws {
    var file = writer()
    file.usesExtendedCount = true
    file.sections = []
    let whole = file.bytes()
    let elf = try ELFFile(ByteView(Array(whole.dropLast(128))))
    #expect(elf.header.programHeaderCount == 65_535)
    #expect(elf.isTruncated)
    // What follows the table is read as entries, too, as far as the file goes; nothing is made up.
    #expect(elf.segments.count == (whole.count - 128 - 64) / 56)
  }

  @Test(
    "with tables at impossible places has no entries",
    arguments: [UInt64.max, UInt64.max - 63, 1 << 63, 0x7fff_ffff_ffff_ffff])
  func impossibleTables(_ offset: UInt64) throws {
    var writer = ByteWriter()
    writer.append(self.writer().bytes())
    writer.replace(at: 32, with: offset)
    writer.replace(at: 40, with: offset)
    let elf = try ELFFile(ByteView(writer.bytes))
    #expect(elf.segments.isEmpty)
    #expect(elf.sections.isEmpty)
    #expect(elf.section(named: ".text") == nil)
    #expect(elf.isTruncated)
  }

  @Test("with a thousand segments over the same notes reads them once")
  func repeatedNotes() throws {
    var file = ELFWriter(type: 3)
    var notes = NoteWriter()
    for _ in 0..<1000 { notes.add("X", 1, []) }
    file.segments = [ELFWriter.Segment(type: 4, flags: 4, address: 0, contents: notes.bytes)]
    let offset = UInt64(64 + 56 * 1000)
    for _ in 1..<1000 {
      file.segments.append(
        ELFWriter.Segment(
          type: 4, flags: 4, address: 0, contents: [], statedFileSize: UInt64(notes.bytes.count), statedOffset: offset))
    }
    let elf = try ELFFile(ByteView(file.bytes()))
    #expect(elf.notes.count < 10_000)
  }
}
