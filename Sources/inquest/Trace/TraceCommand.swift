import ArgumentParser
import CLinux
import CallTracing
import Machine
import Pages
import Processes
import Reporting
import SystemCalls
import Tracing

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Show the system calls and library calls of a program and all that it starts.",
    usage: """
      inquest trace [<options>] -- <command> [<argument> ...]
      inquest trace [<options>] --pid <pid>
      """,
    discussion: """
      Each call is a line, written when it ends. A call that others overtook carries how long it took; one that waits \
      is shown with '... waits', and again when it is done. Lines go to standard error, or to --output.

      CALLS is a list of names, patterns (stat*) and sets: %file (takes a path), %desc (a descriptor), %network, \
      %process, %memory, %signal, %thread; '!name' takes away. Where calls are named, the kernel stops the program for \
      those alone. That takes a seccomp filter, under which set-uid programs run without their privilege unless inquest \
      has CAP_SYS_ADMIN.

      With --summary, --files, --environment, --timeline or --perfetto no lines are written, unless --lines asks for \
      them.

      EXIT STATUS
        that of the command; where a signal killed it, inquest dies of the same signal (a shell says 128 and its number)
        0    --pid: it has ended or was let go
        2    a file cannot be written
        3    --pid: there is no such process
        125  it cannot be traced here; standard error says what is missing
        126  the command cannot be executed
        127  there is no such command
        64   wrong usage
      """)

  @Option(
    name: .customLong("pid"), help: ArgumentHelp("Follow this process, until it ends or Ctrl-C.", valueName: "pid"))
  var processes: [Int32] = []

  @Option(help: ArgumentHelp("Only these system calls: 'openat,%network', 'stat*', '!futex'.", valueName: "calls"))
  var calls: String?

  @Option(
    help: ArgumentHelp("Calls of library functions: 'setenv,getenv,pthread_*'.", valueName: "functions"))
  var library: String?

  @Flag(help: "The stack of each call; one that was shown before is referred to.")
  var stack = false

  @Flag(help: "At the end, which files each process opened, how far it got in them, and whether it closed them.")
  var files = false

  @Flag(help: "At the end, how often each call was made, how often it failed, and how long it took.")
  var summary = false

  @Flag(help: "Each change of the environment, and each getenv that ran at the same time on another thread: a race.")
  var environment = false

  @Option(help: ArgumentHelp("Write threads over time as an HTML page.", valueName: "file"), completion: .file())
  var timeline: String?

  @Option(
    help: ArgumentHelp("Write threads over time for Perfetto (Trace Event Format).", valueName: "file"),
    completion: .file())
  var perfetto: String?

  @Flag(help: "Write JSON, an object a line (see docs/trace-schema.md).")
  var json = false

  @Flag(help: "Write lines, too, where something else was asked for.")
  var lines = false

  @Flag(help: "Before each line, when the call began, in seconds; behind it, how long it took.")
  var time = false

  @Flag(help: "End what is left of the tree when the command itself has ended.")
  var endWithMain = false

  @Option(help: ArgumentHelp("Bytes that are shown of texts and buffers.", valueName: "bytes"))
  var strings = 64

  @Option(
    name: [.customShort("o"), .long], help: ArgumentHelp("Write into this file.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup
  var command: PassedThrough

  private var words: [String] { command.words }

  func validate() throws {
    try command.check(of: self)
    if words.isEmpty, processes.isEmpty { throw ValidationError("Name a command: inquest trace -- COMMAND.") }
    if !words.isEmpty, !processes.isEmpty { throw ValidationError("--pid and a command exclude each other.") }
    if !(0...1_048_576).contains(strings) { throw ValidationError("--strings is 0 to 1048576.") }
    if json, lines { throw ValidationError("--json and --lines exclude each other.") }
    if environment, library != nil { throw ValidationError("--environment and --library exclude each other.") }
    if endWithMain, !processes.isEmpty { throw ValidationError("--end-with-main is for a command.") }
    if let calls {
      do throws(CallSelection.Unknown) {
        _ = try CallSelection.numbers(calls, .of(.host))
      } catch {
        throw ValidationError(
          "There is no system call '\(error.word)'; sets are \(CallSelection.sets.joined(separator: ", ")).")
      }
    }
  }

  func run() throws {
    let table = CallTable.of(.host)
    let session = TraceSession(try options(table), table: table)
    let outputs = try TraceOutputs(self, session, table)
    let outcome =
      processes.isEmpty
      ? session.run(words, environment: StandardStreams.environment, undecoded: StandardStreams.undecoded)
      : session.attach(processes)
    try outputs.finish()
    try leave(outcome)
  }

  private func options(_ table: CallTable) throws -> FollowOptions {
    var limits = CallLimits()
    limits.text = strings
    var numbers: Set<Int>?
    if let calls { numbers = try CallSelection.numbers(calls, table) }
    // What is not asked for need not be stopped for.
    let isTable = files && !summary && !lines && !json && timeline == nil && perfetto == nil
    if calls == nil, isTable || library != nil || environment { numbers = [] }
    var options = FollowOptions(calls: numbers)
    options.limits = limits
    options.watchesFiles = files
    options.endsWithMain = endWithMain
    options.takesStacks = stack || environment
    if let library {
      options.functions = FunctionSelection(patterns: library.split(separator: ",").map(String.init))
    }
    if environment {
      options.functions = FunctionSelection(
        patterns: EnvironmentRaces.writers.union(EnvironmentRaces.readers).sorted())
    }
    return options
  }

  /// Ends as the program did.
  private func leave(_ outcome: TraceSession.Outcome) throws {
    switch outcome {
    case .exited(let status): if status != 0 { throw ExitCode(status) }
    case .killed(let signal): inquest_die_by(signal)
    case .left: break
    case .notStarted(let errno):
      StandardStreams.complain("cannot run \(words.first ?? ""): \(SystemErrors.text(errno))")
      // As env(1) has it: 127 where there is none, 126 where there is one that cannot be executed.
      throw ExitCode(errno == 2 ? 127 : 126)
    case .notTraced(.noProcess(let process)):
      throw ProcessProblem.told(.noProcess(process))
    case .notTraced(.notAProgram(let process)):
      throw ProcessProblem.told(.kernelThread(process))
    case .notTraced(.notPermitted(let process, let errno)):
      _ = ProcessProblem.told(.refused(process, TraceRefusal(process, errno: errno)))
      throw ExitCode(125)
    case .notTraced(.alreadyTraced(let process, let tracer)):
      _ = ProcessProblem.told(.refused(process, .traced(by: tracer, name: ProcFile.line("/proc/\(tracer)/comm"))))
      throw ExitCode(125)
    case .notTraced(.cannotStart(let errno)), .notTraced(.cannotWait(let errno)), .notTraced(.noClock(let errno)):
      StandardStreams.complain(TracingProblem.text(errno: errno))
      throw ExitCode(125)
    case .notTraced(.noProgram): throw ExitCode(64)
    }
  }
}
