import CLinux
import Diagnosis
import Machine
import ModuleFiles
import Pages
import Processes
import Reporting
import Supervision
import Targets

/// Writes what a run brings to light: to standard error, and into a folder.
final class RunReports: SupervisionWitness {
  private let folder: String?
  private let writesCore: Bool
  private let isFull: Bool
  private let files: FileOptions
  /// Whether anything was told that is wrong with the program.
  private(set) var hasFound = false
  private var names: Set<String> = []
  private let began = inquest_milliseconds()
  private var deaths: [String] = []

  init(folder: String?, writesCore: Bool, isFull: Bool, files: FileOptions) {
    self.folder = folder
    self.writesCore = writesCore
    self.isFull = isFull
    self.files = files
  }

  // MARK: SupervisionWitness

  func died(_ process: StoppedProcess) {
    hasFound = true
    deaths.append("\(process.name) (pid \(process.image.process))")
    let name = unusedName("\(process.name)-\(process.image.process)")
    if writesCore { writeCore(process, name) }
    guard let examined = examine(process) else { return }
    tell(examined, process, name)
  }

  func hangs(_ processes: [StoppedProcess], _ reason: HangReason) {
    if reason != .asked { hasFound = true }
    let text =
      switch reason {
      case .timeout(let time): "the command has not ended within \(Self.duration(time)): all stacks follow"
      case .stall(let time): "no process has run for \(Self.duration(time)): all stacks follow"
      case .asked: "all stacks, as asked"
      case .interrupted: "interrupted twice: all stacks follow, and all is ended"
      }
    remark(text)
    let tree = tellTree(processes)
    for process in processes {
      guard let examined = examine(process) else { continue }
      tell(
        examined, process, unusedName("\(process.name)-\(process.image.process)"), stopped: reason,
        tree: tree.filter { $0.processes.contains(process.image.process) })
    }
  }

  func remark(_ text: String) { StandardStreams.complain(text) }

  // MARK: Reports

  private func examine(_ process: StoppedProcess) -> Investigation? {
    let finder = ProcessFiles.finder(of: process.image.process, files.searchPaths)
    do throws(ProcessError) {
      let target = try LiveTarget(
        stopped: process.image, memory: ProcessMemory(process: process.image.process), finder: finder)
      return Investigation(target: target, finder: finder)
    } catch {
      remark("process \(process.image.process) (\(process.name)) cannot be examined: \(error)")
      return nil
    }
  }

  /// - Parameters:
  ///   - stopped: why it was stopped, with all its stacks to be told; nil where it dies.
  ///   - tree: what is known of it together with others, which was told already.
  private func tell(
    _ investigation: Investigation, _ process: StoppedProcess, _ name: String, stopped: HangReason? = nil,
    tree: [TreeWaits.TreeFinding] = []
  ) {
    let showsAllStacks = stopped != nil
    let findings = investigation.diagnose()
    if !findings.isEmpty { hasFound = true }
    var options = ReportOptions(threads: .all, isFull: isFull, hasDetails: folder != nil)
    options.files = nil
    // Who asks where a healthy program is does not ask what it works on.
    let isMereLook = stopped == .asked || stopped == .interrupted
    options.seeksInput = !isMereLook || !findings.isEmpty || !tree.isEmpty
    var input = ReportedInput(path: "process \(process.image.process)")
    input.kind = "process"
    var report = ReportBuilder(investigation, options).build(
      input, findings: findings, nextSteps: findings.isEmpty ? investigation.nextSteps() : [])
    report.tool.command = StandardStreams.arguments
    if showsAllStacks {
      report.nextSteps = []
      report.stop = ReportedStop(
        pid: process.image.process,
        milliseconds: Double(inquest_nanoseconds() &- process.stoppedSince) / 1e6, times: 1,
        unstoppedThreads: process.missing.count)
    }
    if !process.missing.isEmpty {
      report.shortfalls.append(
        ReportedShortfall(
          what: "\(Quantities.count(process.missing.count, "thread")) could not be stopped",
          cost: "their stacks are not told"))
    }
    let own = report.findings
    report.findings = tree.map { ReportedFinding($0.short) } + own
    ReportText.write(
      report, to: StandardStreams.errors(), StandardStreams.errorOptions(isFull: isFull, showsAllStacks: showsAllStacks)
    )
    report.findings = tree.map { ReportedFinding($0.finding) } + own
    write(report, name, showsAllStacks)
  }

  /// Into the folder, in all three forms.
  private func write(_ report: Report, _ name: String, _ showsAllStacks: Bool) {
    guard let folder, prepare(folder) else { return }
    attempt("\(folder)/\(name).txt") {
      ReportText.write(report, to: $0, TextOptions(isFull: isFull, showsAllStacks: showsAllStacks))
    }
    attempt("\(folder)/\(name).json") { try ReportEncoder.encode(report, to: $0) }
    attempt("\(folder)/\(name).html") { try ReportPage.write(report, to: $0) }
  }

  private func prepare(_ folder: String) -> Bool {
    let result = unsafe inquest_make_folder(folder)
    if result != 0 { remark("cannot make \(folder): \(SystemErrors.text(Int32(clamping: -result)))") }
    return result == 0
  }

  /// What cannot be written is said, and the run goes on.
  private func attempt(_ path: String, _ body: (ByteOutput) throws -> Void) {
    do {
      _ = try ReplacedFile.write(path, body)
    } catch {
      remark("\(path) was not written")
    }
  }

  private func writeCore(_ process: StoppedProcess, _ name: String) {
    if let folder, !prepare(folder) { return }
    let path = (folder.map { $0 + "/" } ?? "") + name + ".core.zst"
    var replacement = inquest_replacement()
    let begun = unsafe inquest_begin_replacement(path, &replacement)
    guard begun == 0 else { return remark("cannot write \(path): \(SystemErrors.text(Int32(clamping: -begun)))") }
    do throws(CoreWriteError) {
      let sink = try CompressedCoreSink(descriptor: replacement.descriptor)
      let size = try CoreFileWriter(process.image).write(to: sink)
      let finished = unsafe inquest_finish_replacement(&replacement)
      guard finished == 0 else { return remark("cannot write \(path)") }
      remark("wrote \(path), a core of \(Quantities.bytes(size))")
    } catch {
      unsafe inquest_abandon_replacement(&replacement)
      remark("cannot write \(path): \(error)")
    }
  }

  private func unusedName(_ wanted: String) -> String {
    let plain = String(wanted.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
    var name = plain
    var number = 2
    while !names.insert(name).inserted {
      name = "\(plain)-\(number)"
      number += 1
    }
    return name
  }

  /// Tells who waits for whom among processes, and what keeps them from going on, before anything else.
  private func tellTree(_ processes: [StoppedProcess]) -> [TreeWaits.TreeFinding] {
    let tree = TreeWaits(among: processes)
    let text = RunText(StandardStreams.errors(), StandardStreams.errorOptions())
    let findings = tree.findings
    if !findings.isEmpty {
      hasFound = true
      text.write(findings.map(\.finding), title: "the tree as a whole")
    }
    for line in tree.lines { text.line(line) }
    return findings
  }

  // MARK: The end

  /// Tells what only the whole run shows.
  func end(_ supervisor: Supervisor, command: [String], isShown: Bool) {
    let text = RunText(StandardStreams.errors(), StandardStreams.errorOptions(isFull: isFull))
    if let ledger = supervisor.threads {
      var byProcess: [(process: LedgerProcess, findings: [Finding])] = []
      for found in ledger.findings() {
        hasFound = true
        if let index = byProcess.firstIndex(where: {
          $0.process.pid == found.process.pid && $0.process.began == found.process.began
        }) {
          byProcess[index].findings.append(found.finding)
        } else {
          byProcess.append((found.process, [found.finding]))
        }
      }
      for entry in byProcess {
        text.write(entry.findings, title: "\(entry.process.name) (pid \(entry.process.pid)): threads")
        write(threads: entry.findings, of: entry.process)
      }
      if isShown { text.line("inquest: \(ledger.summary)") }
    }
    if isShown {
      let time = Self.duration(UInt64(max(0, inquest_milliseconds() - began)))
      let crashes =
        deaths.isEmpty
        ? "no crash" : "\(Quantities.count(deaths.count, "crash", "crashes")): \(deaths.joined(separator: ", "))"
      text.line("inquest: \(time), \(crashes)")
    }
  }

  private func write(threads findings: [Finding], of process: LedgerProcess) {
    guard let folder, prepare(folder) else { return }
    let name = unusedName("\(process.name)-\(process.pid)-threads")
    attempt("\(folder)/\(name).txt") {
      RunText($0, TextOptions(isFull: true)).write(findings, title: "\(process.name) (pid \(process.pid)): threads")
    }
    attempt("\(folder)/\(name).json") { try ReportEncoder.encode(findings.map(ReportedFinding.init), to: $0) }
  }

  private static func duration(_ milliseconds: UInt64) -> String {
    milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }
}
