import ArgumentParser
import Reporting

/// What a report is printed as.
struct ReportShape: ParsableArguments {
  @Flag(help: "Print the report as JSON (see docs/report-schema.md), one line a process.")
  var json = false

  @Option(
    name: .customLong("format"),
    help: ArgumentHelp(
      "Print the report as text, as JSON, or who waits for whom as a graph for Graphviz's dot.",
      valueName: "text|json|dot"))
  var chosen: ReportFormat?

  var format: ReportFormat { chosen ?? (json ? .json : .text) }

  /// Refuses two things for standard output.
  ///
  /// - Parameter others: options of the command that print something else there and were given.
  /// - Throws: `ValidationError`.
  func check(with page: PageOptions, others: [String] = []) throws {
    if page.isStandardOutput,
      let other = (json ? "--json" : nil) ?? others.first ?? chosen.map({ _ in "--format" })
    {
      throw ValidationError("\(other) and --html - both want standard output.")
    }
    if json, let chosen, chosen != .json {
      throw ValidationError("--json and --format \(chosen.rawValue) exclude each other.")
    }
  }

  func write(_ report: Report, to output: ByteOutput, _ options: TextOptions) throws {
    switch format {
    case .json: try ReportEncoder.encode(report, to: output)
    case .dot: WaitsDot.write(report, to: output)
    case .text: ReportText.write(report, to: output, options)
    }
  }
}

/// The value of `--format`.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
  case dot
}
