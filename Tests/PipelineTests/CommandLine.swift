import Foundation
import TestSupport

/// Runs the executable as a user would.
enum CommandLine {
  static let executable = Fixture.packageRoot + "/.build/debug/inquest"

  /// Runs `inquest` with `arguments`.
  static func inquest(
    _ arguments: String..., in directory: String? = nil, environment: [String: String] = [:]
  ) throws -> Outcome {
    try run([executable] + arguments, in: directory, environment: environment)
  }

  /// The JSON that a command prints, which must succeed in printing it.
  static func json(_ arguments: String...) throws -> Any {
    let outcome = try run([executable] + arguments)
    guard outcome.status <= 1, outcome.signal == nil else { throw PreparationError(outcome.errors) }
    return try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
  }

  /// The core of `shows_everything.cpp`.
  static func sampleCore() throws -> String {
    try Fixture.keptCore(of: [Fixture.compile("shows_everything.cpp", with: ["g++", "-O1", "-g", "-pthread"])])
  }
}
