@testable import Reporting

/// A report whose every text attacks the page that shows it.
enum HostileReport {
  /// Breaks out of content, attributes of either quotation mark, comments, scripts and styles; a combining mark behind
  /// a quotation mark; what turns the direction of writing; a separator of lines that scripts know.
  static let attack =
    "<script>attacked=1</script>\"><img src=x onerror=attacked=1>' onfocus=attacked=1 autofocus x='\"\u{301} onmouseover=attacked=1"
    + "</title></style></script><!--<svg/onload=attacked=1>]]>\u{202e}\u{2066}\u{2028}\u{0}\u{1b}[31m`{{{policy}}}{{#groups}}"

  static var report: Report {
    var report = Report(
      input: ReportedInput(path: attack, choice: attack),
      process: ReportedProcess(
        pid: 1, name: attack, executable: "/" + attack, arguments: [attack, "--" + attack], threadCount: 2))
    report.architecture = attack
    report.tool.command = [attack]
    report.signal = ReportedSignal(number: 11, name: attack, code: 1, codeName: attack, faultAddress: 0x10)
    report.fault = ReportedFault(access: attack, address: 0x2800, region: attack, instruction: attack)
    report.earlierFaults = [ReportedEarlierFault(signal: ReportedSignal(number: 6, name: attack), place: attack)]
    report.crashedThread = 7
    report.findings = [finding, finding]
    report.nextSteps = [attack]
    var frame = ReportedFrame(
      number: 0, pc: 0x1000, function: attack, functionOffset: 1, module: attack, moduleOffset: 1, file: attack,
      line: 1,
      inlined: [ReportedInlinedCall(function: attack, callFile: attack, callLine: 2)], provenance: attack,
      cfa: 0x3000, stackPointer: 0x2000, stackSwitch: attack)
    frame.detail = ReportedFrameDetail(
      registers: [ReportedRegister(name: attack, value: 1, meaning: attack)],
      disassembly: [instruction],
      source: ReportedSource(path: attack, firstLine: 1, currentLine: 1, lines: [attack, "\t" + attack]))
    let fold = ReportedFold(cycle: [frame, frame], turns: 100, frameCount: 200, bytesPerTurn: 64, bytes: 6400)
    let omitted = ReportedOmission(count: 9, mostFrequent: [.init(function: attack, count: 5)])
    let ending = ReportedEnding(kind: attack, address: 1)
    let wait = ReportedWait(kind: attack, text: attack, node: attack)
    report.stacks = [
      ReportedStack(
        threads: [ReportedThread(tid: 7, name: attack, wait: wait)], frameCount: 210,
        elements: [.frame(frame), .fold(fold), .omitted(omitted), .frame(frame)], ending: ending),
      ReportedStack(
        threads: [ReportedThread(tid: 8, name: attack, wait: wait), ReportedThread(tid: 9, name: attack, wait: nil)],
        frameCount: 1, elements: [.frame(frame)], ending: ending),
    ]
    report.waits = ReportedWaits(
      nodes: [
        ReportedWaitNode(id: attack, kind: attack, symbol: attack, text: attack),
        ReportedWaitNode(id: "t", kind: "thread", tid: 7, text: attack),
      ],
      edges: [
        ReportedWaitEdge(from: attack, to: "t", kind: attack, isRead: true, isInCycle: true),
        ReportedWaitEdge(from: "t", to: attack, kind: "waits-for", isRead: true, isInCycle: true),
        ReportedWaitEdge(from: "missing", to: attack, kind: attack, isRead: true),
      ])
    report.clues = [
      ReportedClue(kind: attack, text: attack, certainty: attack, place: attack, address: 1, reasons: [attack])
    ]
    report.registers = [ReportedRegister(name: "rsp", value: 0x2000, meaning: attack)]
    report.disassembly = [instruction]
    report.mappings = [
      ReportedMapping(start: 0x2000, end: 0x3000, permissions: attack, use: "file", path: "/" + attack),
      ReportedMapping(start: 0x3000, end: 0x9000, permissions: attack, use: attack),
    ]
    report.modules = [
      ReportedModule(
        path: attack, start: 0x2000, end: 0x3000, bias: 0, buildID: attack,
        file: ReportedFile(path: attack, origin: attack, isVerified: true),
        debugFile: ReportedFile(path: attack, origin: attack, isVerified: true),
        refused: [ReportedRefusal(path: attack, kind: attack, reason: attack)])
    ]
    report.shortfalls = [
      ReportedShortfall(what: attack, cost: attack, isHeadline: true), ReportedShortfall(what: attack, cost: attack),
    ]
    report.signature = ReportedSignature(parts: [attack, attack])
    return report
  }

  private static var finding: ReportedFinding {
    ReportedFinding(
      hazard: attack, title: attack, certainty: attack, thread: 7, statement: attack,
      evidence: [ReportedEvidence(attack, address: 1, bytes: "3c" + attack)], refutedBy: attack, remedies: [attack])
  }

  private static var instruction: ReportedInstruction {
    var instruction = ReportedInstruction(address: 0x1000, bytes: attack, text: attack, isCurrent: true, place: attack)
    instruction.note = attack
    return instruction
  }
}
