import ArgumentParser
import Reporting

struct DisassembleView: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disassemble", abstract: "Show the instructions around an address, or around where a frame stands.")

  @OptionGroup
  var options: ExamineOptions

  @Argument(help: "An address; otherwise where the frame stands.")
  var address: AddressArgument?

  @Option(help: "Show so many instructions from the address on, instead of those around it.")
  var count: Int?

  @OptionGroup
  var place: FrameOptions

  func run() throws {
    try options.examine { examination, _ in
      let address = try address.map { try examination.address($0.expression, thread: place.thread, frame: place.frame) }
      let code = try examination.codeView(at: address, count: count, thread: place.thread, frame: place.frame)
      try options.show(code) { $0.write(code: code) }
    }
  }
}
