/// DW_TAG_*: what an entry describes (DWARF 5, section 7.5.3). Only those that are asked for here.
enum Tag {
  static let classType: UInt16 = 0x02
  static let enumerationType: UInt16 = 0x04
  static let lexicalBlock: UInt16 = 0x0b
  static let compileUnit: UInt16 = 0x11
  static let structureType: UInt16 = 0x13
  static let unionType: UInt16 = 0x17
  static let inlinedSubroutine: UInt16 = 0x1d
  static let module: UInt16 = 0x1e
  static let subprogram: UInt16 = 0x2e
  static let interfaceType: UInt16 = 0x38
  static let namespace: UInt16 = 0x39
  static let partialUnit: UInt16 = 0x3c
  static let skeletonUnit: UInt16 = 0x4a
}

/// DW_AT_*: what an attribute says (DWARF 5, section 7.5.4; GNU's of the split units that came before it).
enum Attribute {
  static let sibling: UInt16 = 0x01
  static let name: UInt16 = 0x03
  static let lineProgram: UInt16 = 0x10
  static let lowPC: UInt16 = 0x11
  static let highPC: UInt16 = 0x12
  static let language: UInt16 = 0x13
  static let compilationDirectory: UInt16 = 0x1b
  static let abstractOrigin: UInt16 = 0x31
  static let specification: UInt16 = 0x47
  static let ranges: UInt16 = 0x55
  static let callColumn: UInt16 = 0x57
  static let callFile: UInt16 = 0x58
  static let callLine: UInt16 = 0x59
  static let linkageName: UInt16 = 0x6e
  static let stringOffsetsBase: UInt16 = 0x72
  static let addressBase: UInt16 = 0x73
  static let rangeListsBase: UInt16 = 0x74
  static let splitName: UInt16 = 0x76
  static let mipsLinkageName: UInt16 = 0x2007
  static let gnuSplitName: UInt16 = 0x2130
  static let gnuSplitID: UInt16 = 0x2131
  static let gnuRangesBase: UInt16 = 0x2132
  static let gnuAddressBase: UInt16 = 0x2133
}

/// DW_UT_* (DWARF 5, section 7.5.1).
enum UnitType {
  static let compile: UInt8 = 1
  static let type: UInt8 = 2
  static let partial: UInt8 = 3
  static let skeleton: UInt8 = 4
  static let splitCompile: UInt8 = 5
  static let splitType: UInt8 = 6
}
