import ArgumentParser
import Diagnosis
import Reporting

struct StringsView: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "strings", abstract: "Search the memory that was dumped for text.")

  @OptionGroup
  var options: ExamineOptions

  @Option(help: ArgumentHelp("What the text must match, a POSIX extended regular expression.", valueName: "regex"))
  var matching = "."

  @Flag(help: "Let the expression match letters of either case.")
  var ignoreCase = false

  @Option(help: "The least length of a text.")
  var minimum = 4

  func run() throws {
    let pattern: Pattern
    do throws(Pattern.Malformed) {
      pattern = try Pattern(matching, ignoresCase: ignoreCase)
    } catch {
      throw ValidationError("--matching \(matching): \(error.message)")
    }
    try options.examine { examination, progress in
      let search = StringSearch(examination.investigation.target, pattern: pattern, shortest: minimum)
      let output = StandardStreams.output()
      let text = ViewText(output, StandardStreams.textOptions())
      let found = try search.run(progress: { progress.show("searching MiB", Int($0 >> 20), 1) }) { hit in
        if options.json { try ReportEncoder.encode(hit, to: output) } else { text.write(hit: hit) }
      }
      progress.clear()
      text.finish()
      if found == 0 { throw ExitStatus.notFound }
    }
  }
}
