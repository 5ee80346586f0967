import ArgumentParser
import Processes
import Reporting
import Supervision

struct StacksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stacks",
    abstract: "Show what all threads of a running process do, and why it hangs.",
    discussion: """
      The process is stopped for milliseconds: registers and the used part of each stack are copied, it goes on, and \
      stacks are walked and named on the copy. The report says how long it stood still. Threads with the same stack are \
      shown together, with what they wait for; where threads wait for each other for ever, the verdict says so.

      A process in a container is looked at from outside by the id that it has here; its files are found through \
      /proc/PID/root, those that were deleted or upgraded through /proc/PID/map_files.

      EXIT STATUS
        0   every process was looked at, and what keeps it from going on, if anything does, was told
        2   one of them may not be looked at, or a file cannot be written
        3   there is no such process, or it has ended
        64  wrong usage
      """)

  @Argument(help: "The process, or one of its threads. May be repeated.")
  var processes: [Int32] = []

  @Option(
    name: .customLong("name"),
    help: ArgumentHelp(
      "All processes with this name, of the program or as `ps` has it. May be repeated.", valueName: "name"))
  var names: [String] = []

  @OptionGroup(title: "Files")
  var files: FileOptions

  @OptionGroup(title: "Output")
  var shape: ReportShape

  @Option(
    name: .customLong("threads"),
    help: ArgumentHelp(
      "Whose stacks are shown: all, each group's in one line (brief), or thread ids.", valueName: "all|brief|TID,..."))
  var threads: LiveThreadSelection?

  @Flag(help: "Leave nothing out: whole names, all frames, all threads, mappings, modules.")
  var full = false

  @OptionGroup(title: "Page")
  var page: PageOptions

  @Option(
    name: .customLong("core"),
    help: ArgumentHelp(
      "Write a core of the process, too, which stands still meanwhile; compressed where the name ends in .zst.",
      valueName: "file"),
    completion: .file())
  var core: String?

  @Option(
    help: ArgumentHelp(
      "Look again after so long, and show it as a live view: '1s', '500ms'. 'q' ends it.", valueName: "time"))
  var watch: Interval?

  func validate() throws {
    if processes.isEmpty, names.isEmpty { throw ValidationError("Name a process: its id, or --name NAME.") }
    try shape.check(with: page)
    if watch != nil, page.path != nil || core != nil {
      throw ValidationError("--watch goes with neither --html nor --core.")
    }
    let many = processes.count + names.count > 1
    if many, page.path != nil || core != nil {
      throw ValidationError("--html and --core are about one process.")
    }
  }

  func run() throws {
    if let watch { return try WatchView(self, every: watch).run() }
    let chosen = try ProcessChoice.processes(processes, names)
    if chosen.count > 1, page.path != nil || core != nil {
      StandardStreams.complain("\(chosen.count) processes have that name; --html and --core are about one: name its id")
      throw ExitStatus.unreadable
    }
    let tree = TreeLook.waits(among: chosen)
    let together = tree?.findings ?? []
    if let tree, shape.format == .text {
      let text = RunText(StandardStreams.output(), StandardStreams.textOptions(isFull: full, showsAllStacks: showsAll))
      if !together.isEmpty { text.write(together.map(\.finding), title: "the processes as a whole") }
      for line in tree.lines { text.line(line) }
      if !tree.lines.isEmpty { StandardStreams.separate() }
    }
    var worst: ExitCode?
    for (index, process) in chosen.enumerated() {
      if index > 0, shape.format != .json { StandardStreams.separate() }
      do {
        try show(process, together.filter { $0.processes.contains(process) })
      } catch let status as ExitCode {
        if status.rawValue > worst?.rawValue ?? 0 { worst = status }
      }
    }
    if let worst { throw worst }
  }

  /// Looks at one process, and prints what it finds.
  ///
  /// - Parameter together: what keeps it and others from going on, which was told already as text.
  private func show(_ process: Int32, _ together: [TreeWaits.TreeFinding]) throws {
    var options = options
    page.prepare(&options, files)
    var report = try LiveSession(process, files, core: core).report(options)
    report.findings = together.map { ReportedFinding(shape.format == .text ? $0.short : $0.finding) } + report.findings
    try page.write(report)
    try write(report, to: StandardStreams.output(), StandardStreams.textOptions(isFull: full, showsAllStacks: showsAll))
  }

  var options: ReportOptions { ReportOptions(threads: threads?.selected ?? .all, isFull: full) }
  /// Whether all groups' stacks are written out.
  var showsAll: Bool { threads != .brief }

  func write(_ report: Report, to output: ByteOutput, _ options: TextOptions) throws {
    if !page.isStandardOutput { try shape.write(report, to: output, options) }
  }
}

/// The value of `--threads`.
enum LiveThreadSelection: ExpressibleByArgument, Equatable {
  case all
  case brief
  case only([Int32])

  init?(argument: String) {
    switch argument {
    case "all": self = .all
    case "brief": self = .brief
    default:
      let ids = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int32($0) }
      guard !ids.isEmpty, !ids.contains(nil) else { return nil }
      self = .only(ids.compactMap(\.self))
    }
  }

  var selected: ReportOptions.Threads {
    if case .only(let ids) = self { .only(ids) } else { .all }
  }
}

/// A time: "1s", "500ms", "2m"; a number alone is seconds.
struct Interval: ExpressibleByArgument, Equatable {
  let milliseconds: Int

  init?(argument: String) {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000)]
    let unit = units.first { argument.hasSuffix($0.0) }
    guard let number = Double(argument.dropLast(unit?.0.count ?? 0)), number >= 0, number < 1e6 else { return nil }
    let total = Int((number * Double(unit?.1 ?? 1000)).rounded())
    guard total >= 20, total <= 86_400_000 else { return nil }
    milliseconds = total
  }
}
