import ArgumentParser
import Reporting

struct WhatIsView: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whatis", abstract: "Tell what lies at an address: region, symbol, source, stack and frame.")

  @OptionGroup
  var options: ExamineOptions

  @Argument(help: "The address.")
  var address: AddressArgument

  @OptionGroup
  var place: FrameOptions

  func run() throws {
    try options.examine { examination, _ in
      let what = examination.whatIs(
        try examination.address(address.expression, thread: place.thread, frame: place.frame))
      try options.show(what) { $0.write(whatIs: what) }
    }
  }
}
