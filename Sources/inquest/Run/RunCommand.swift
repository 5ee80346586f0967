import ArgumentParser
import CLinux
import Processes
import Reporting
import Supervision

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a program, and tell why a process of it crashes, hangs or loses threads, at the moment it happens.",
    usage: "inquest run [<options>] -- <command> [<argument> ...]",
    discussion: """
      The program runs as it would alone: its streams, its terminal, its signals and its exit status are its own. All \
      its children are followed. When a process of the tree is about to die of a signal, its report is written to \
      standard error before it is gone. Threads that are never joined, and joins that fail, are told at the end.

      EXIT STATUS
        that of the command; where a signal killed it, inquest dies of the same signal (a shell says 128 and its number)
        N    --exit-code N was given, and something was found
        124  the command took too long (--timeout), or stood still (--stall), and was ended
        125  it cannot be traced here; standard error says what is missing
        126  the command cannot be executed
        127  there is no such command
        64   wrong usage
      """)

  @Flag(help: "Write a core of each process that crashes, too: NAME-PID.core.zst, in --report's folder or this one.")
  var core = false

  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "Write each report into this folder as text, JSON and HTML: NAME-PID.txt and so on.", valueName: "folder"),
    completion: .directory)
  var folder: String?

  @Option(
    help: ArgumentHelp(
      "What becomes of the rest of the tree when a process crashes: it goes on, or is ended (stop).",
      valueName: "continue|stop"))
  var onCrash: AfterCrash = .continue

  @Option(
    help: ArgumentHelp("End with this status where a crash, a hang or lost threads were found.", valueName: "status"))
  var exitCode: Int32?

  @Option(
    help: ArgumentHelp(
      "Tell all stacks after so long, and end the tree: '60s', '5m'.", valueName: "time"))
  var timeout: Interval?

  @Option(
    help: ArgumentHelp(
      "Tell all stacks when no process of the tree has run for so long, and end the tree.", valueName: "time"))
  var stall: Interval?

  @Option(
    help: ArgumentHelp(
      "Tell all stacks when inquest is sent this signal, which the program then does not get: USR1, 10.",
      valueName: "signal"))
  var onSignal: SignalName?

  @Flag(help: "End what is left of the tree when the command itself has ended.")
  var endWithMain = false

  @Option(
    help: ArgumentHelp(
      "Follow only children whose program's name matches, as a shell's pattern: 'test_*'. May be repeated.",
      valueName: "pattern"))
  var followPattern: [String] = []

  @Flag(help: "Follow no children.")
  var noFollow = false

  @Flag(help: "Keep no account of threads; then the program is not stopped for their joins.")
  var noLedger = false

  @Flag(help: "Say at the end how it went, also where all is well.")
  var summary = false

  @Flag(help: "Leave nothing out of reports: whole names, all frames, all threads, registers, mappings, modules.")
  var full = false

  @OptionGroup(title: "Files")
  var files: FileOptions

  @OptionGroup
  var command: PassedThrough

  private var words: [String] { command.words }

  func validate() throws {
    try command.check(of: self)
    if words.isEmpty { throw ValidationError("Name a command: inquest run -- COMMAND.") }
    if noFollow, !followPattern.isEmpty {
      throw ValidationError("--no-follow and --follow-pattern exclude each other.")
    }
    if let exitCode, !(0...255).contains(exitCode) { throw ValidationError("An exit status is 0 to 255.") }
  }

  func run() throws {
    var options = SupervisionOptions()
    options.stopsOnCrash = onCrash == .stop
    options.endsWithMain = endWithMain
    options.followsChildren = !noFollow
    options.followed = followPattern.map { FollowPattern($0) }
    options.keepsLedger = !noLedger
    options.timeout = timeout.map { UInt64(clamping: $0.milliseconds) }
    options.stall = stall.map { UInt64(clamping: $0.milliseconds) }
    options.reportSignal = onSignal?.number
    let reports = RunReports(folder: folder, writesCore: core, isFull: full, files: files)
    let supervisor = Supervisor(options, witness: reports)
    let outcome = supervisor.run(
      words, environment: StandardStreams.environment, undecoded: StandardStreams.undecoded)
    reports.end(supervisor, command: words, isShown: summary)
    try leave(outcome, hasFound: reports.hasFound)
  }

  /// Ends as the program did.
  private func leave(_ outcome: SupervisionOutcome, hasFound: Bool) throws {
    switch outcome {
    case .notStarted(let errno):
      StandardStreams.complain("cannot run \(words[0]): \(SystemErrors.text(errno))")
      // As env(1) has it: 127 where there is none, 126 where there is one that cannot be executed.
      throw ExitCode(errno == 2 ? 127 : 126)
    case .notTraced(let errno):
      StandardStreams.complain(TracingProblem.text(errno: errno))
      throw ExitCode(125)
    default: break
    }
    if let exitCode, hasFound { throw ExitCode(exitCode) }
    switch outcome {
    case .exited(let status): if status != 0 { throw ExitCode(status) }
    case .killed(let signal), .stoppedForCrash(let signal): inquest_die_by(signal)
    case .timedOut, .stalled: throw ExitCode(124)
    case .notStarted, .notTraced: break
    }
  }
}

/// The value of `--on-crash`.
enum AfterCrash: String, ExpressibleByArgument, CaseIterable {
  case `continue`
  case stop
}

/// A signal by its number or its name, with or without SIG.
struct SignalName: ExpressibleByArgument {
  let number: Int32

  private static let names: [String: Int32] = [
    "HUP": 1, "INT": 2, "QUIT": 3, "USR1": 10, "USR2": 12, "ALRM": 14, "TERM": 15, "CONT": 18, "URG": 23, "WINCH": 28,
    "IO": 29, "PWR": 30,
  ]

  init?(argument: String) {
    let upper = argument.uppercased()
    let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
    guard let number = Int32(argument) ?? Self.names[name], (1...64).contains(number), ![9, 19, 17].contains(number)
    else { return nil }
    self.number = number
  }
}
