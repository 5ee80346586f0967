/// What a frame looked like from within: for the frames that a reader looks at first, not for all.
package struct ReportedFrameDetail: Codable, Sendable {
  /// Those that are known: of an outer frame, what its callees preserved or saved.
  package var registers: [ReportedRegister]
  /// The instructions around the one that it was at: for an outer frame, its call.
  package var disassembly: [ReportedInstruction]
  /// The source around its line, where the file is on this host.
  package var source: ReportedSource?

  package init(
    registers: [ReportedRegister] = [], disassembly: [ReportedInstruction] = [], source: ReportedSource? = nil
  ) {
    self.registers = registers
    self.disassembly = disassembly
    self.source = source
  }
}

/// Some lines of a source file as it is on this host now, which may not be as it was compiled.
package struct ReportedSource: Codable, Sendable {
  /// The file that was read.
  package var path: String
  /// The number of the first of `lines`, counted from 1, and of the one that the frame was at.
  package var firstLine: UInt64
  package var currentLine: UInt64
  package var lines: [String]

  package init(path: String, firstLine: UInt64, currentLine: UInt64, lines: [String]) {
    self.path = path
    self.firstLine = firstLine
    self.currentLine = currentLine
    self.lines = lines
  }
}
