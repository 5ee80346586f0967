import ArgumentParser
import Reporting

struct StackView: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "stack", abstract: "Show the stack of a thread.")

  @OptionGroup
  var options: ExamineOptions

  @Option(help: "The thread, by its id; otherwise the one that crashed.")
  var thread: Int32?

  func run() throws {
    try options.examine { examination, _ in
      let stack = try examination.stackView(thread: thread)
      try options.show(stack) { $0.write(stack: stack) }
    }
  }
}
