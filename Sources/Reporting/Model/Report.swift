/// All that Inquest has to say about one core file: complete in itself, so that it can be kept, sent and
/// compared without the core.
///
/// As JSON it follows `docs/report-schema.md`: any field may be absent or null, addresses are hexadecimal
/// strings, and every enumeration may grow. Every text in it that came from the target is as hostile as the
/// target: whoever prints it escapes it.
package struct Report: Codable, Sendable {
  /// The version of the schema. It rises when a field changes its meaning or goes; new fields do not raise it.
  package static let schemaVersion = 1

  package var schemaVersion = Report.schemaVersion
  package var tool = ReportedTool()
  package var input: ReportedInput
  /// "x86-64" or "aarch64".
  package var architecture: String?
  package var process: ReportedProcess
  /// Of a process that goes on: how it was stopped to be looked at; nil for a core.
  package var stop: ReportedStop?
  package var signal: ReportedSignal?
  /// The access that failed, where the signal tells of one.
  package var fault: ReportedFault?
  /// The faults whose handlers were still running, oldest first: what happened before the signal that killed.
  package var earlierFaults: [ReportedEarlierFault] = []
  /// The thread that the signal hit.
  package var crashedThread: Int32?
  /// The verdict first, then what else was found.
  package var findings: [ReportedFinding] = []
  /// Where nothing was recognised: what to look at next, most promising first.
  package var nextSteps: [String] = []
  /// Threads with identical stacks together; the crashed thread's group first, then the largest.
  package var stacks: [ReportedStack] = []
  /// Who waits for whom; nil where no thread waits for another, or nobody asked.
  package var waits: ReportedWaits?
  /// What the program was working on: the likeliest first.
  package var clues: [ReportedClue] = []
  /// The registers of the crashed thread.
  package var registers: [ReportedRegister] = []
  /// The instructions around the crashed thread's instruction pointer.
  package var disassembly: [ReportedInstruction] = []
  /// All mappings in a full report, otherwise those that the fault has to do with.
  package var mappings: [ReportedMapping] = []
  package var modules: [ReportedModule] = []
  /// What was missing, and what it cost.
  package var shortfalls: [ReportedShortfall] = []
  /// What is the same for two deaths of one cause.
  package var signature: ReportedSignature?

  package init(input: ReportedInput, process: ReportedProcess) {
    self.input = input
    self.process = process
  }
}

/// The program that made the report.
package struct ReportedTool: Codable, Sendable {
  package var name = "inquest"
  package var version = Product.version
  /// The command that made the report, with its arguments; nil where it is not known.
  package var command: [String]?

  package init() {}
}

/// What the report is about.
package struct ReportedInput: Codable, Sendable {
  /// "core", "bundle", "process".
  package var kind = "core"
  /// The path as it was given or found; of a process its id.
  package var path: String
  /// How it was chosen, where the user did not name it: "newest of 3".
  package var choice: String?

  package init(path: String, choice: String? = nil) {
    self.path = path
    self.choice = choice
  }
}

/// Something that was missing, cut or contradictory.
package struct ReportedShortfall: Codable, Sendable {
  package var what: String
  package var cost: String
  package var isHeadline: Bool

  package init(what: String, cost: String, isHeadline: Bool = false) {
    self.what = what
    self.cost = cost
    self.isHeadline = isHeadline
  }
}
