import ArgumentParser
import Reporting

struct MapsView: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maps", abstract: "Show the address space: what each region is, and how much of it was dumped.")

  @OptionGroup
  var options: ExamineOptions

  func run() throws {
    try options.examine { examination, _ in
      let mappings = examination.mappingView()
      try options.show(mappings) { $0.write(mappings: mappings) }
    }
  }
}
