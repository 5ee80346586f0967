import ArgumentParser
import Diagnosis
import ModuleFiles
import Processes
import Reporting
import Targets
import Tracing

/// A process that is looked at once: stopped, copied, and examined while it goes on.
struct LiveSession {
  let process: Int32
  private let finder: FileFinder
  private let first: ProcessSnapshot
  private let progress: ProgressLine
  private let state: String

  /// Stops the process for a moment.
  ///
  /// - Parameter core: the path of a core that is to be written.
  /// - Throws: `ExitStatus` after it has said why it cannot be looked at.
  init(_ process: Int32, _ files: FileOptions, core: String? = nil, finder: FileFinder? = nil) throws {
    self.process = process
    progress = ProgressLine(isForced: files.progress)
    do throws(ProcessError) {
      state = Self.state(try ProcessSnapshot.facts(of: process))
      self.finder = finder ?? ProcessFiles.finder(of: process, files.searchPaths)
    } catch {
      throw ProcessProblem.told(error)
    }
    if let core {
      first = try CoreOutput.write(core, of: process)
    } else {
      first = try Self.snapshot(process)
    }
  }

  private static func snapshot(_ process: Int32, also: PageRanges = PageRanges()) throws -> ProcessSnapshot {
    do throws(ProcessError) {
      return try ProcessSnapshot(of: process, also: also)
    } catch {
      throw ProcessProblem.told(error)
    }
  }

  /// The report. A verdict is given only where a second look confirms it, which has all that the first one read copied at
  /// once: a process that goes on may have been caught in passing.
  func report(_ options: ReportOptions) throws -> Report {
    var (investigation, target) = try examine(first)
    var findings = investigation.diagnose()
    var times = [first.times]
    if !findings.isEmpty {
      let again = try Self.snapshot(process, also: target.readLate)
      times.append(again.times)
      (investigation, target) = try examine(again)
      let confirmed = Set(findings.map { Self.key($0) })
      findings = investigation.diagnose().filter { confirmed.contains(Self.key($0)) }
    }
    var options = options
    options.files = nil
    var input = ReportedInput(path: "\(process)")
    input.kind = "process"
    var report = ReportBuilder(investigation, options, progress: progress.show).build(
      input, findings: findings, nextSteps: [])
    progress.clear()
    let last = times[times.count - 1]
    report.stop = ReportedStop(
      pid: process, milliseconds: Double(times.reduce(0) { $0 &+ $1.stopped }) / 1e6, times: times.count,
      unstoppedThreads: last.unstopped, state: state)
    return report
  }

  private func examine(_ snapshot: ProcessSnapshot) throws -> (Investigation, LiveTarget) {
    do throws(ProcessError) {
      let target = try LiveTarget(
        image: snapshot.image, copied: snapshot.copied, finder: finder, shortfalls: snapshot.shortfalls)
      return (Investigation(target: target, finder: finder), target)
    } catch {
      throw ProcessProblem.told(error)
    }
  }

  /// What makes two findings one: their words name threads and locks.
  private static func key(_ finding: Finding) -> String { "\(finding.hazard.rawValue) \(finding.statement)" }

  /// What a process is doing, by the letter in /proc/PID/status.
  private static func state(_ facts: ProcessFacts) -> String {
    switch facts.state {
    case "R": "its first thread runs"
    case "S": "its first thread sleeps"
    case "D": "its first thread sleeps in the kernel"
    case "T": "it is stopped, as by Ctrl-Z"
    case "Z": "its first thread has ended"
    default: "it is in state \(facts.state)"
    }
  }
}
