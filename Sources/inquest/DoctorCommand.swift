import ArgumentParser
import Discovery
import Reporting

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Tell whether a program that crashes here leaves a core file, and what to do if not.",
    discussion: ExitStatus.discussion)

  func run() throws {
    let checks = Doctor.examine(.gather())
    DoctorText.write(checks, to: StandardStreams.output(), StandardStreams.textOptions())
    if checks.contains(where: { $0.state == .problem }) { throw ExitStatus.noVerdict }
  }
}
