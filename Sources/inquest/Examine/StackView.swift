import ArgumentParser
import Reporting

struct StackView: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stack", abstract: "Show the stack of a thread, or those of all threads.")

  @OptionGroup
  var options: ExamineOptions

  @Option(help: "The thread, by its id; otherwise the one that crashed.")
  var thread: Int32?

  @Flag(help: "All threads, a stack that several have once. No cause is looked for.")
  var all = false

  func validate() throws {
    if all, thread != nil { throw ValidationError("--all and --thread exclude each other.") }
  }

  func run() throws {
    try options.examine { examination, _ in
      if all {
        let stacks = examination.stackViews()
        return try options.show(stacks) { $0.write(stacks: stacks) }
      }
      let stack = try examination.stackView(thread: thread)
      try options.show(stack) { $0.write(stack: stack) }
    }
  }
}
