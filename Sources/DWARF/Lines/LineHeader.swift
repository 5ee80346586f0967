internal import Bytes

/// The header of a line number program in `.debug_line` (DWARF 5, section 6.2.4; DWARF 4, section 6.2.4).
struct LineHeader {
  let encoding: Encoding
  /// Offsets in `.debug_line`: of the first instruction, and after the last.
  let program: Int
  let end: Int
  let minimumInstructionLength: UInt64
  /// Operations an instruction; 1 but for VLIW.
  let maximumOperations: UInt64
  let lineBase: Int64
  let lineRange: UInt64
  let opcodeBase: UInt8
  /// The number of operands of each standard opcode, from opcode 1.
  let operandCounts: ByteView
  /// The names of directories, from index 0: in versions before 5 what DW_AT_comp_dir says is index 0.
  let directories: [AttributeValue]
  /// The files, from index 0: in versions before 5 the first file is index 1 and index 0 is none.
  let files: [File]

  struct File {
    let name: AttributeValue
    let directory: UInt64
  }

  /// - Parameters:
  ///   - offset: DW_AT_stmt_list.
  ///   - addressSize: of the unit; from version 5 the header states its own.
  init(_ section: ByteView, at offset: UInt64, addressSize: UInt8) throws(DebugInfoError) {
    guard let start = Int(exactly: offset), start < section.count else { throw .badReference(offset) }
    let fixed = try FixedFields(section, at: start, addressSize: addressSize)
    var cursor = Cursor(section.span, at: fixed.tables)
    let tables =
      try fixed.encoding.version >= 5
      ? Self.tables(&cursor, fixed.encoding, end: fixed.program) : Self.oldTables(&cursor, end: fixed.program)
    (directories, files) = (tables.directories, tables.files)
    (encoding, program, end) = (fixed.encoding, fixed.program, fixed.end)
    (minimumInstructionLength, maximumOperations) = (fixed.minimumInstructionLength, fixed.maximumOperations)
    (lineBase, lineRange, opcodeBase) = (fixed.lineBase, fixed.lineRange, fixed.opcodeBase)
    operandCounts = section.slice(fixed.operands, max(0, Int(fixed.opcodeBase) - 1)) ?? .empty
  }

  /// What stands before the tables of directories and files.
  private struct FixedFields {
    var encoding: Encoding
    var program = 0
    var end: Int
    var tables = 0
    var operands = 0
    var minimumInstructionLength: UInt64 = 1
    var maximumOperations: UInt64 = 1
    var lineBase: Int64 = 0
    var lineRange: UInt64 = 0
    var opcodeBase: UInt8 = 0

    init(_ section: ByteView, at start: Int, addressSize: UInt8) throws(DebugInfoError) {
      let version: UInt16
      var cursor: Cursor
      do throws(ByteError) {
        let extent = try UnitHeader.Extent(section.span, at: start)
        end = extent.end
        cursor = Cursor(section.span, at: extent.contents)
        version = try cursor.u16()
        encoding = Encoding(is64Bit: extent.is64Bit, addressSize: addressSize, version: version)
      } catch {
        throw .bytes(error)
      }
      guard (2...5).contains(version) else { throw .unsupportedVersion(version, offset: start) }
      do throws(ByteError) {
        try read(&cursor)
      } catch {
        throw .bytes(error)
      }
    }

    private mutating func read(_ cursor: inout Cursor) throws(ByteError) {
      if encoding.version >= 5 {
        encoding.addressSize = try cursor.u8()
        try cursor.skip(1)  // segment_selector_size
      }
      let headerLength = try cursor.offset(encoding)
      let headerStart = cursor.offset
      guard let length = Int(exactly: headerLength), headerStart <= end, length <= end - headerStart else {
        throw .valueTooLarge(offset: headerStart)
      }
      program = headerStart + length
      minimumInstructionLength = UInt64(try cursor.u8())
      if encoding.version >= 4 { maximumOperations = max(1, UInt64(try cursor.u8())) }
      try cursor.skip(1)  // default_is_stmt
      lineBase = Int64(try cursor.read(Int8.self))
      lineRange = UInt64(try cursor.u8())
      opcodeBase = try cursor.u8()
      operands = cursor.offset
      try cursor.skip(max(0, Int(opcodeBase) - 1))
      tables = cursor.offset
    }
  }

  /// The tables of versions before 5: strings one after another, ended by an empty one.
  private static func oldTables(
    _ cursor: inout Cursor, end: Int
  ) throws(DebugInfoError) -> (directories: [AttributeValue], files: [File]) {
    do throws(ByteError) {
      // Index 0 is the compilation directory, and no file.
      var directories: [AttributeValue] = [.text(0..<0)]
      while cursor.offset < end {
        let name = try cursor.cString()
        if name.isEmpty { break }
        directories.append(.text(name))
      }
      var files = [File(name: .text(0..<0), directory: 0)]
      while cursor.offset < end {
        let name = try cursor.cString()
        if name.isEmpty { break }
        let directory = try cursor.uleb128()
        _ = try cursor.uleb128()  // time of modification
        _ = try cursor.uleb128()  // size
        files.append(File(name: .text(name), directory: directory))
      }
      return (directories, files)
    } catch {
      throw .bytes(error)
    }
  }

  /// The tables of version 5: each says itself what its entries consist of.
  private static func tables(
    _ cursor: inout Cursor, _ encoding: Encoding, end: Int
  ) throws(DebugInfoError) -> (directories: [AttributeValue], files: [File]) {
    let directories = try entries(&cursor, encoding, end: end).map(\.name)
    return (directories, try entries(&cursor, encoding, end: end))
  }

  private static func entries(
    _ cursor: inout Cursor, _ encoding: Encoding, end: Int
  ) throws(DebugInfoError) -> [File] {
    var formats: [(content: UInt64, form: UInt16)] = []
    var count: UInt64
    do throws(ByteError) {
      let formatCount = try cursor.u8()
      for _ in 0..<formatCount {
        let content = try cursor.uleb128()
        formats.append((content, UInt16(exactly: try cursor.uleb128()) ?? UInt16.max))
      }
      count = try cursor.uleb128()
    } catch {
      throw .bytes(error)
    }
    var result: [File] = []
    while count > 0, cursor.offset < end {
      let before = cursor.offset
      var name = AttributeValue.text(0..<0)
      var directory: UInt64 = 0
      for format in formats {
        let value = try cursor.value(format.form, implicit: 0, encoding)
        switch format.content {
        case 1: name = value  // DW_LNCT_path
        case 2: directory = value.unsigned ?? 0  // DW_LNCT_directory_index
        default: break
        }
      }
      // Entries of no bytes could come without end.
      guard cursor.offset > before else { throw .badReference(count) }
      result.append(File(name: name, directory: directory))
      count -= 1
    }
    return result
  }
}
