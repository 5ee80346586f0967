import ArgumentParser
import Bytes
import Reporting

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Tell whether two cores are of the same crash.",
    discussion: """
      A and B are cores, bundles that `inquest pack` made, or reports that `inquest core --json` printed. Crashes are the \
      same where cause and functions are: by the functions' places in builds that both ran, or else by their names.

      EXIT STATUS
        0   the same crash
        1   another: the same cause elsewhere, or another cause
        2   it cannot be told, or one of them cannot be read
        64  wrong usage
      """)

  @Argument(help: "A core, bundle or saved report.", completion: .file())
  var a: String

  @Argument(help: "Another.", completion: .file())
  var b: String

  @OptionGroup(title: "Files")
  var files: FileOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let comparison = ReportComparison(try report(a), try report(b))
    let output = StandardStreams.output()
    if json {
      try ReportEncoder.encode(comparison, to: output)
    } else {
      ComparisonText.write(comparison, to: output, StandardStreams.textOptions())
    }
    switch comparison.verdict {
    case "same": return
    case "unknown": throw ExitStatus.unreadable
    default: throw ExitStatus.noVerdict
    }
  }

  private func report(_ path: String) throws -> Report {
    if let saved = try SavedReport.read(path) { return saved }
    return try Session(path, files).report(ReportedInput(path: path), ReportOptions(threads: .crashed, isFull: true))
  }
}

/// Reports that were saved as JSON.
private enum SavedReport {
  /// nil where the file is no JSON text.
  ///
  /// - Throws: `ExitStatus.unreadable` where it is one, and no report, after it has said so.
  static func read(_ path: String) throws -> Report? {
    let bytes: ByteView
    do throws(FileError) {
      bytes = ByteView(try MappedFile(path: path))
    } catch {
      // Whoever reads it as a core says why it cannot be read.
      return nil
    }
    guard let first = bytes.prefix(from: 0, atMost: 64).array.first(where: { $0 > 0x20 }), first == UInt8(ascii: "{")
    else { return nil }
    do {
      var report = try ReportDecoder.decode(Report.self, from: bytes)
      guard report.schemaVersion == Report.schemaVersion else { throw JSONError.unexpected(offset: 0) }
      report.input.path = path
      return report
    } catch {
      StandardStreams.complain("\(path): it is JSON, and no report of `inquest core --json` of this version")
      throw ExitStatus.unreadable
    }
  }
}
