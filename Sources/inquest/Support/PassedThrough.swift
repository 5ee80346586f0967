import ArgumentParser

/// The words behind our options: the command that is run, captured as it stands.
enum PassedThrough {
  /// Whoever captures words as they stand gets those that were meant for us as well: the parser looks for no options of
  /// its own there.
  static func check(_ words: [String], of command: any ParsableCommand) throws {
    guard let first = words.first, first != "--", first.hasPrefix("-") else { return }
    if ["--help", "-h"].contains(first) { throw CleanExit.helpRequest(command) }
    if first == "--version" { throw CleanExit.message(Inquest.configuration.version) }
    throw ValidationError("Unknown option '\(first)'")
  }

  /// The command without what separates it from our options.
  static func command(_ words: [String]) -> [String] { words.first == "--" ? Array(words.dropFirst()) : words }
}
