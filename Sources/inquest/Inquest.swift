import ArgumentParser
@main
struct Inquest: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "inquest", version: "0.1.0")
}
