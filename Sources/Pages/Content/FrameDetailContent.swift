internal import Reporting

/// What a frame opens to: source, code, registers.
struct FrameDetailContent {
  private let report: Report

  init(_ report: Report) { self.report = report }

  func value(_ detail: ReportedFrameDetail, of frame: ReportedFrame) -> TemplateValue {
    // The crashed thread's own listing says what the operands were.
    let isCrash = frame.number == 0 && report.disassembly.contains { $0.isCurrent && $0.address == frame.pc }
    let code = isCrash ? report.disassembly : detail.disassembly
    return [
      "registers": .list(detail.registers.map(Self.register)),
      "hasRegisters": .flag(!detail.registers.isEmpty),
      "restored": .flag(frame.number > 0),
      "code": .list(code.map(Self.instruction)),
      "hasCode": .flag(!code.isEmpty),
      "source": detail.source.map(Self.source) ?? .absent,
    ]
  }

  private static func register(_ register: ReportedRegister) -> TemplateValue {
    [
      "name": .text(register.name), "value": .text(register.value.text),
      "meaning": .text(register.meaning.map(StackContent.cut)),
    ]
  }

  private static func instruction(_ instruction: ReportedInstruction) -> TemplateValue {
    [
      "address": .text(instruction.address.text), "bytes": .text(instruction.bytes), "text": .text(instruction.text),
      "isCurrent": .flag(instruction.isCurrent), "note": .text(instruction.note),
    ]
  }

  private static func source(_ source: ReportedSource) -> TemplateValue {
    [
      "path": .text(source.path),
      "lines": .list(
        source.lines.enumerated().map { index, line in
          let number = source.firstLine &+ UInt64(index)
          return [
            "number": .text("\(number)"), "text": .text(expanded(line)),
            "isCurrent": .flag(number == source.currentLine),
          ]
        }),
    ]
  }

  /// A line with its tabs as spaces, to columns of four.
  private static func expanded(_ line: String) -> String {
    guard line.utf8.contains(0x09) else { return line }
    var result = ""
    var column = 0
    for character in line {
      let width = character == "\t" ? 4 - column % 4 : 1
      result += character == "\t" ? String(repeating: " ", count: width) : String(character)
      column += width
    }
    return result
  }
}
