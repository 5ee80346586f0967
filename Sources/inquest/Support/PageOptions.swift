import ArgumentParser
import Pages
import Reporting

/// The report as a page.
struct PageOptions: ParsableArguments {
  @Option(
    name: .customLong("html"),
    help: ArgumentHelp(
      "Write the report as one HTML page, too, complete in itself; '-' is standard output, instead of the text.",
      valueName: "file"),
    completion: .file(extensions: ["html"]))
  var path: String?

  @Option(
    name: .customLong("source-root"),
    help: ArgumentHelp(
      "A folder with the program's source, which the page quotes. May be repeated.", valueName: "folder"),
    completion: .directory)
  var sourceRoots: [String] = []

  /// Whether the page takes the place of the text.
  var isStandardOutput: Bool { path == "-" }

  /// What the page needs of the report.
  func prepare(_ options: inout ReportOptions, _ files: FileOptions) {
    options.hasDetails = path != nil
    options.sourceRoots = sourceRoots
    options.systemRoots = files.systemRoots
  }

  /// Writes the page, if one is asked for. It is written before the text: whoever reads that may stop early.
  func write(_ report: Report) throws {
    guard let path else { return }
    var page = report
    page.tool.command = StandardStreams.arguments
    if isStandardOutput { return try ReportPage.write(page, to: StandardStreams.output()) }
    let size = try ReplacedFile.write(path) { try ReportPage.write(page, to: $0) }
    StandardStreams.complain("wrote \(path), \(Quantities.bytes(UInt64(size)))")
  }
}
