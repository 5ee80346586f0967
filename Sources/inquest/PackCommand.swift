import ArgumentParser
import Bytes
import Reporting
import Sharing

struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Pack a core with all that its report rests on, so that it can be examined anywhere.",
    discussion: """
      The bundle, a tar archive compressed with zstd, holds the core trimmed to what the report was made from, the \
      program's files as far as they were used, and the report. `inquest core BUNDLE` gives the same report from it on \
      any machine: that is tried before the bundle is written. Unpacked, its core can be opened by other debuggers too.

      A bundle holds parts of the program's memory. --redact zeroes texts that are no symbols, values of environment \
      variables, arguments and the heap's contents; registers, addresses, small numbers, names of variables and the \
      paths of files stay.

      \(ExitStatus.discussion)
      """)

  @Argument(help: "The core file, or a bundle to be packed again.", completion: .file())
  var core: String

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Where the bundle is written; otherwise CORE.tar.zst.", valueName: "file"), completion: .file())
  var output: String?

  @Flag(help: "Leave out the program's files.")
  var withoutFiles = false

  @Flag(help: "Zero texts, values of variables, arguments and the heap's contents.")
  var redact = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Files")
  var files: FileOptions

  func run() throws {
    let session = try Session(core, files)
    let name = core.split(separator: "/").last.map(String.init) ?? core
    let packer = Packer(
      session.target, name: name, options: PackOptions(withFiles: !withoutFiles, isRedacted: redact),
      files: session.files, progress: session.progress.show)
    let path = output ?? name + ".tar.zst"
    let summary: PackSummary
    do throws(PackError) {
      guard !SamePath.isSame(path, core) else { throw .file(.init(path: path, errno: 17)) }
      summary = try packer.pack(to: path)
    } catch {
      session.progress.clear()
      StandardStreams.complain("cannot pack \(core): \(error.description)")
      throw ExitStatus.unreadable
    }
    session.progress.clear()
    let standardOutput = StandardStreams.output()
    if json {
      try ReportEncoder.encode(summary, to: standardOutput)
    } else {
      PackText.write(summary, to: standardOutput)
    }
    if !summary.isVerified { throw ExitStatus.noVerdict }
  }
}
