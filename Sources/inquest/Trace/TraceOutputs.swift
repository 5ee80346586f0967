import ArgumentParser
import CLinux
import CallTracing
import Pages
import Reporting
import SystemCalls

/// Where what a trace shows goes.
final class TraceOutputs {
  private var files: [(path: String, output: DescriptorOutput)] = []
  private var page: (path: String, model: TimelineModel?)?

  /// Makes the files, so that what cannot be written is known before the program runs.
  ///
  /// - Throws: `ExitStatus.unreadable` after it has said which file cannot be written.
  init(_ command: TraceCommand, _ session: TraceSession, _ table: CallTable) throws {
    let main: DescriptorOutput
    if let path = command.output { main = try open(path) } else { main = DescriptorOutput(descriptor: 2) }
    let limits = CallLimits(text: command.strings)
    let isOther =
      command.summary || command.files || command.environment || command.timeline != nil || command.perfetto != nil
    let stacks = command.stack ? session.stacks : nil
    if command.json {
      let lines = JSONLines(
        table, limits: limits, names: session.functions,
        stacks: command.stack || command.environment ? session.stacks : nil, start: session.start, output: main)
      session.addForChosen(lines)
      if command.environment {
        session.add(EnvironmentRaces(names: session.functions, limits: limits, listener: lines))
      }
    } else if command.lines || !isOther {
      var options = LineOptions(limits: limits)
      options.showsTime = command.time
      options.showsDuration = command.time
      options.stacks = stacks
      session.addForChosen(LineWriter(table, options, names: session.functions, start: session.start, output: main))
    }
    if command.environment, !command.json {
      let text = EnvironmentText(stacks: session.stacks, start: session.start, output: main)
      session.add(EnvironmentRaces(names: session.functions, limits: limits, listener: text))
    }
    var writers: [any TimelineWriter] = []
    if let path = command.perfetto { writers.append(PerfettoWriter(start: session.start, output: try open(path))) }
    if let path = command.timeline {
      page = (path, nil)
      let title =
        command.processes.isEmpty
        ? command.command.words.joined(separator: " ")
        : "process " + command.processes.map { "\($0)" }.joined(separator: ", ")
      writers.append(
        TimelineCollector(title: title, start: session.start) { [weak self] model in self?.page?.model = model })
    }
    if !writers.isEmpty { session.addForChosen(TimelineSink(table, limits: limits, writers: writers)) }
    if command.files { session.add(FileTable(table, output: main, showsAll: false)) }
    if command.summary { session.addForChosen(SummaryTable(output: main)) }
  }

  private func open(_ path: String) throws -> DescriptorOutput {
    var errno: Int32 = 0
    let output = DescriptorOutput(creating: path, errno: &errno)
    guard errno == 0 else {
      StandardStreams.complain("cannot write \(path): \(SystemErrors.text(errno))")
      throw ExitStatus.unreadable
    }
    files.append((path, output))
    return output
  }

  /// Writes what is written at the end.
  ///
  /// - Throws: `ExitStatus.unreadable` after it has said which file could not be written.
  func finish() throws {
    for file in files where file.output.errno != 0 {
      StandardStreams.complain("cannot write \(file.path): \(SystemErrors.text(file.output.errno))")
      throw ExitStatus.unreadable
    }
    guard let page, let model = page.model else { return }
    _ = try ReplacedFile.write(page.path) { try TimelinePage.write(model, to: $0) }
  }
}
