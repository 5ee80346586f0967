import ArgumentParser
import CLinux
import Guarding
import Reporting

struct GuardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guard",
    abstract: "Run a program with the C library's hazards removed, and tell where they were.",
    usage: "inquest guard [<options>] -- <command> [<argument> ...]",
    discussion: """
      The program is executed in place of inquest, with a small library loaded into it: its streams, its terminal, its \
      signals and its exit status are its own. Programs that it starts are guarded too.

      environment: getenv, secure_getenv, setenv, putenv, unsetenv and clearenv give what libc's give, but whoever reads the \
      environment meanwhile, libc and the kernel among them, never meets memory that was freed, moved or shortened. \
      Each place that changes the environment while other threads run is told once, on standard error.

      cancellation: pthread_cancel acts where a call has not begun or was interrupted, and never between a call's end and \
      its result's arrival, where glibc up to 2.40 loses descriptors and data. None is lost that arrives while a signal \
      handler runs over a call that blocks, as happens with glibc from 2.41 on.

      stack: a thread that uses up its stack, whichever kind of stack it is, says so before it dies: which thread, how \
      large the stack is, and the function whose frame did not fit. Then the program's own handler of SIGSEGV runs, or \
      the core is written, as without. Threads that have no alternate signal stack get one, which the program does not see.

      threads: a pthread_create that fails says why, and a pthread_join or pthread_detach that fails what became of the \
      thread. The summary names the places whose threads ended and were never joined.

      Programs without a dynamic linker, and set-uid programs, cannot be guarded.

      EXIT STATUS
        that of the command; where a signal killed it, its death is of that signal
        125  it cannot be guarded; standard error says why
        126  the command cannot be executed
        127  there is no such command
        64   wrong usage
      """)

  @Option(
    help: ArgumentHelp(
      "Remove only these hazards, with commas between them: environment, cancellation, stack, threads.",
      valueName: "hazards"))
  var only: GuardedHazards = .all

  @Flag(help: "Say at the end of each process what was done, what was kept, and how its threads were made and joined.")
  var summary = false

  @Option(
    help: ArgumentHelp(
      "Write into this file, at its end, instead of on standard error. A process that may not write there says so.",
      valueName: "file"),
    completion: .file())
  var log: String?

  @Flag(help: "Guard the program alone, up to the next program that it executes, and none that it starts.")
  var noChildren = false

  @OptionGroup
  var command: PassedThrough

  private var words: [String] { command.words }

  func validate() throws {
    try command.check(of: self)
    if words.isEmpty { throw ValidationError("Name a command: inquest guard -- COMMAND.") }
  }

  func run() throws {
    let program: GuardedProgram
    do throws(GuardedProgram.Problem) {
      program = try GuardedProgram(words[0], search: StandardStreams.variable("PATH"))
    } catch {
      StandardStreams.complain(GuardProblem.text(error, command: words[0]))
      throw GuardProblem.status(error)
    }
    var added = GuardEnvironment()
    added.hasSummary = summary
    added.leavesChildrenAlone = noChildren
    added.spared = only.spared
    added.log = try log.map { try writable($0) }
    let environment = added.added(
      to: StandardStreams.environment, library: try library(), process: inquest_process())
    let errno = program.become(words, environment: environment, undecoded: StandardStreams.undecoded)
    StandardStreams.complain("cannot run \(words[0]): \(SystemErrors.text(errno))")
    throw ExitCode(errno == 2 ? 127 : 126)
  }

  private func library() throws -> String {
    let isRoot = inquest_user() == 0
    do throws(GuardFile.Failure) {
      return try GuardFile.place(
        GuardLibrary.bytes,
        in: GuardFile.folders(isRoot: isRoot) { StandardStreams.variable($0) })
    } catch {
      StandardStreams.complain(GuardProblem.text(error))
      throw ExitCode(125)
    }
  }

  /// The log's absolute path, which is made where it is not there: processes of the program have other folders.
  private func writable(_ path: String) throws -> String {
    var place = [CChar](repeating: 0, count: 4097)
    let result = unsafe place.withUnsafeMutableBufferPointer {
      unsafe inquest_prepare_log(path, $0.baseAddress, UInt64($0.count))
    }
    guard result == 0 else {
      StandardStreams.complain("cannot write \(path): \(SystemErrors.text(Int32(clamping: -result)))")
      throw ExitCode(125)
    }
    return String(decoding: place.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// The value of `--only`.
struct GuardedHazards: ExpressibleByArgument, Equatable {
  static let names = ["environment", "cancellation", "stack", "threads"]
  static let all = GuardedHazards(chosen: names)

  let chosen: [String]

  /// The others.
  var spared: [String] { Self.names.filter { !chosen.contains($0) } }

  private init(chosen: [String]) { self.chosen = chosen }

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !words.isEmpty, words.allSatisfy(Self.names.contains) else { return nil }
    chosen = words
  }

  var defaultValueDescription: String { "all" }
}
