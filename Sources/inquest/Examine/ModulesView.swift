import ArgumentParser
import Reporting

struct ModulesView: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modules", abstract: "Show the modules: build-ids, and where their files were found or why not.")

  @OptionGroup
  var options: ExamineOptions

  func run() throws {
    try options.examine { examination, _ in
      let modules = examination.moduleView()
      try options.show(modules) { $0.write(modules: modules) }
    }
  }
}
