import ArgumentParser
import Reporting

struct RegistersView: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "registers", abstract: "Show the registers of a thread, or as a frame had them.")

  @OptionGroup
  var options: ExamineOptions

  @OptionGroup
  var place: FrameOptions

  func run() throws {
    try options.examine { examination, _ in
      let registers = try examination.registerView(thread: place.thread, frame: place.frame)
      try options.show(registers) { $0.write(registers: registers) }
    }
  }
}
