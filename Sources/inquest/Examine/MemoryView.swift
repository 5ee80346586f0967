import ArgumentParser
import Reporting

struct MemoryView: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory", abstract: "Show bytes of memory, in hexadecimal and as text.")

  @OptionGroup
  var options: ExamineOptions

  @Argument(help: "The address of the first byte.")
  var address: AddressArgument

  @Argument(help: "How many bytes.")
  var length = 128

  @OptionGroup
  var place: FrameOptions

  func run() throws {
    try options.examine { examination, _ in
      let address = try examination.address(address.expression, thread: place.thread, frame: place.frame)
      let memory = try examination.memoryView(at: address, count: length)
      try options.show(memory) { $0.write(memory: memory) }
    }
  }
}
