import ArgumentParser
import Diagnosis
import Reporting

/// What all views share.
struct ExamineOptions: ParsableArguments {
  /// Options of any view that are followed by a value: what ``ArgumentOrder`` must not take for a core.
  static let namesWithValue: Set<String> = [
    "--exe", "--sysroot", "--debug-dir", "--thread", "--frame", "--matching", "--minimum", "--count",
  ]

  @Argument(help: "The core file.", completion: .file())
  var core: String

  @OptionGroup(title: "Files")
  var files: FileOptions

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Leave nothing out of names.")
  var full = false

  /// Opens the core, and gives what `body` shows of it; what cannot be shown is said.
  func examine(_ body: (Examination, ProgressLine) throws -> Void) throws {
    let session = try Session(core, files)
    do {
      try body(Examination(session.investigation, isFull: full), session.progress)
    } catch let error as ExaminationError {
      session.progress.clear()
      StandardStreams.complain(error.description)
      throw ExitStatus.notFound
    }
  }

  /// Prints a view: `value` as JSON, or what `text` writes.
  func show(_ value: some Encodable, _ text: (ViewText) -> Void) throws {
    let output = StandardStreams.output()
    if json {
      try ReportEncoder.encode(value, to: output)
    } else {
      text(ViewText(output, StandardStreams.textOptions(isFull: full)))
    }
  }
}

/// Which thread and frame a view is about.
struct FrameOptions: ParsableArguments {
  @Option(help: "The thread, by its id; otherwise the one that crashed.")
  var thread: Int32?

  @Option(help: "The frame of its stack; 0 is the innermost.")
  var frame = 0
}

/// An address as the user wrote it.
struct AddressArgument: ExpressibleByArgument {
  let expression: AddressExpression

  init?(argument: String) {
    guard let expression = AddressExpression(argument) else { return nil }
    self.expression = expression
  }
}
