import ArgumentParser
import Reporting

struct ThreadsView: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "threads", abstract: "Show all threads, and where each stands.")

  @OptionGroup
  var options: ExamineOptions

  func run() throws {
    try options.examine { examination, _ in
      let threads = examination.threadView()
      try options.show(threads) { $0.write(threads: threads) }
    }
  }
}
