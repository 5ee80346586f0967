import ArgumentParser
import Reporting

@main
struct Inquest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inquest",
    abstract: "Tells why a native program on Linux crashed, with proof.",
    discussion: """
      A core file goes in; the cause of death comes out: how sure it is, the bytes that prove it, what would \
      refute it, and what to do.

      \(ExitStatus.discussion)
      """,
    version: Product.version,
    subcommands: [
      CoreCommand.self, ExamineCommand.self, DiffCommand.self, PackCommand.self, StacksCommand.self, RunCommand.self,
      TraceCommand.self, GuardCommand.self,
      DoctorCommand.self,
    ])

  static func main() {
    let arguments = ArgumentOrder.reordered(Array(StandardStreams.arguments.dropFirst()))
    if let core = ArgumentOrder.coreWithoutView(arguments) {
      exit(
        withError: ValidationError("Say which view of \(core): \(ExamineCommand.viewNames.joined(separator: ", "))."))
    }
    main(arguments)
  }
}
