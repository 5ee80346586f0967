import Foundation

/// What a program that was run did.
public struct Outcome: Sendable {
  public let status: Int32
  /// The signal that ended it, or nil where it exited.
  public let signal: Int32?
  public let output: String
  public let errors: String
}

/// A step of a test's preparation that went wrong, with what the program said.
public struct PreparationError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// Runs a program to its end.
///
/// - Parameters:
///   - arguments: the program, found through PATH, and its arguments.
///   - directory: where it runs; nil for here.
///   - environment: added to this process's environment.
///   - timeout: in seconds; a program that runs longer is killed, and an error thrown.
public func run(
  _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:], timeout: Double = 120
) throws -> Outcome {
  // Files, not pipes: a child of the program that outlives it must not keep us waiting.
  let scratch = try temporaryDirectory()
  defer { remove(scratch) }
  let paths = (scratch + "/output", scratch + "/errors")
  for path in [paths.0, paths.1] {
    guard FileManager.default.createFile(atPath: path, contents: nil) else {
      throw PreparationError("cannot write \(path)")
    }
  }
  let output = open(paths.0, O_WRONLY | O_CLOEXEC)
  let errors = open(paths.1, O_WRONLY | O_CLOEXEC)
  defer {
    close(output)
    close(errors)
  }
  let process = try ChildProcess(arguments, in: directory, environment: environment, output: output, errors: errors)
  guard let end = process.wait(timeout: timeout) else {
    process.end()
    throw PreparationError("\(arguments.joined(separator: " ")) ran for more than \(timeout) s")
  }
  return Outcome(
    status: end.status, signal: end.signal,
    output: String(decoding: try Data(contentsOf: URL(fileURLWithPath: paths.0)), as: UTF8.self),
    errors: String(decoding: try Data(contentsOf: URL(fileURLWithPath: paths.1)), as: UTF8.self))
}

/// Runs a program that must succeed.
@discardableResult
public func runChecked(
  _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:], timeout: Double = 120
) throws -> Outcome {
  let outcome = try run(arguments, in: directory, environment: environment, timeout: timeout)
  guard outcome.status == 0, outcome.signal == nil else {
    throw PreparationError(
      "\(arguments.joined(separator: " ")) ended with \(outcome.status)\n\(outcome.output)\(outcome.errors)")
  }
  return outcome
}

/// A new folder of this test's own, removed at the end of the process with all that lies in it.
public func temporaryDirectory() throws -> String {
  let path = scratch + "/" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  return path
}

/// The folder of this process's temporary folders: cores are large, and tests are run often.
private let scratch: String = {
  atexit { remove(NSTemporaryDirectory() + "inquest-tests-\(getpid())") }
  return NSTemporaryDirectory() + "inquest-tests-\(getpid())"
}()

/// Removes a folder that a test made; one that is gone already is no error.
public func remove(_ path: String) {
  do {
    try FileManager.default.removeItem(atPath: path)
  } catch {
    // A test's leftovers in the temporary folder do no harm.
  }
}
