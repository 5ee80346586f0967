import ArgumentParser

/// The words behind our options: the command that is run, captured as it stands.
struct PassedThrough: ParsableArguments {
  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
  var command: [String] = []

  /// The command without what separates it from our options.
  var words: [String] { command.first == "--" ? Array(command.dropFirst()) : command }

  /// Whoever captures words as they stand gets those that were meant for us as well: the parser looks for no options of
  /// its own there.
  func check(of asked: any ParsableCommand) throws {
    guard let first = command.first, first != "--", first.hasPrefix("-") else { return }
    if ["--help", "-h"].contains(first) { throw CleanExit.helpRequest(asked) }
    if first == "--version" { throw CleanExit.message(Inquest.configuration.version) }
    throw ValidationError("Unknown option '\(first)'")
  }
}
