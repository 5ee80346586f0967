internal import Diagnosis
internal import Disassembly
internal import Machine
internal import ModuleFiles
internal import Targets
internal import Unwinding

/// Adds to the frames that a reader looks at first what they looked like from within.
///
/// Their number is bounded, whatever the core: five thousand threads do not make a page of gigabytes.
struct FrameDetails {
  private let investigation: Investigation
  private let addresses: AddressNames
  private let listing: CodeListing
  private let sources: SourceFinder

  /// How many frames of the crashed thread are opened, of how many other stacks, and how many of each of these.
  private static let ofCrashed = 32
  private static let otherStacks = 24
  private static let ofOthers = 4
  /// Registers of frames further out are not asked for: each takes a walk to there.
  private static let farthest = 4096

  init(_ investigation: Investigation, _ addresses: AddressNames, _ listing: CodeListing, _ sources: SourceFinder) {
    self.investigation = investigation
    self.addresses = addresses
    self.listing = listing
    self.sources = sources
  }

  /// Where a frame stands in a report, and its registers.
  private struct Opened {
    let stack: Int
    let element: Int
    /// The index in a fold's cycle.
    let turn: Int?
    let registers: [(name: String, value: UInt64)]
  }

  /// - Parameters:
  ///   - report: its stacks get the details.
  ///   - threads: for each of its stacks, the index of a thread that has it.
  func add(to report: inout Report, threads: [Int]) {
    var opened: [Opened] = []
    for (stack, thread) in zip(report.stacks.indices, threads).prefix(Self.otherStacks + 1) {
      let isCrashed = report.stacks[stack].threads.contains { $0.tid == report.crashedThread }
      let wanted = isCrashed ? Self.ofCrashed : Self.ofOthers
      for (element, turn, frame) in Self.frames(of: report.stacks[stack]).prefix(wanted) {
        opened.append(
          Opened(stack: stack, element: element, turn: turn, registers: registers(frame.number, thread)))
      }
    }
    var meanings = addresses.meanings(of: opened.flatMap { $0.registers.map(\.value) })[...]
    for frame in opened {
      let reported = zip(frame.registers, meanings.prefix(frame.registers.count)).map {
        ReportedRegister(name: $0.name, value: HexAddress($0.value), meaning: $1)
      }
      meanings = meanings.dropFirst(frame.registers.count)
      fill(&report.stacks[frame.stack].elements[frame.element], frame, reported)
    }
  }

  private func fill(_ element: inout ReportedStackElement, _ opened: Opened, _ registers: [ReportedRegister]) {
    if let turn = opened.turn {
      guard let frame = element.fold?.cycle[turn] else { return }
      element.fold?.cycle[turn].detail = detail(frame, registers)
    } else if let frame = element.frame {
      element.frame?.detail = detail(frame, registers)
    }
  }

  private func detail(_ frame: ReportedFrame, _ registers: [ReportedRegister]) -> ReportedFrameDetail {
    let isExact = frame.provenance == "context" || frame.provenance == "signal-frame"
    var detail = ReportedFrameDetail(registers: registers)
    let pc = frame.pc.value
    let start = frame.functionOffset.flatMap { $0 <= pc ? pc - $0 : nil }
    detail.disassembly = listing.around(pc, function: start, isReturnAddress: !isExact)
    if let file = frame.file, let line = frame.line, let found = sources.excerpt(of: file, line: line) {
      detail.source = ReportedSource(
        path: found.path, firstLine: found.firstLine, currentLine: line, lines: found.lines)
    }
    return detail
  }

  /// The frames of a stack that are kept one by one, and where they stand.
  private static func frames(of stack: ReportedStack) -> [(element: Int, turn: Int?, frame: ReportedFrame)] {
    var result: [(element: Int, turn: Int?, frame: ReportedFrame)] = []
    for (index, element) in stack.elements.enumerated() {
      if let frame = element.frame { result.append((index, nil, frame)) }
      for (turn, frame) in (element.fold?.cycle ?? []).enumerated() { result.append((index, turn, frame)) }
      if result.count >= ofCrashed { break }
    }
    return result
  }

  private func registers(_ number: Int, _ thread: Int) -> [(name: String, value: UInt64)] {
    guard number <= Self.farthest, investigation.target.threads.indices.contains(thread) else { return [] }
    let innermost = investigation.target.threads[thread].registers
    let found = number == 0 ? innermost : investigation.stacks.registers(ofFrame: number, from: innermost)
    guard let found else { return [] }
    return investigation.architecture.registerNames.enumerated().compactMap { index, name in
      found[index].map { (name: name, value: $0) }
    }
  }
}
