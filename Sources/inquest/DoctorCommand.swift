import ArgumentParser
import Discovery
import Reporting

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Tell whether a program that crashes here leaves a core file, and what to do if not.",
    discussion: ExitStatus.discussion)

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let checks = Doctor.examine(.gather())
    let output = StandardStreams.output()
    if json {
      try ReportEncoder.encode(checks, to: output)
    } else {
      DoctorText.write(checks, to: output, StandardStreams.textOptions())
    }
    if checks.contains(where: { $0.state == .problem }) { throw ExitStatus.noVerdict }
  }
}
