import ArgumentParser
import Discovery
import Reporting

struct CoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "core",
    abstract: "Tell why the process that left a core file died.",
    discussion: """
      Without CORE, the newest core file is taken that is found in the current folder, where the kernel's \
      core_pattern puts them, or where systemd-coredump, apport and ABRT keep them; it says which. Where there is \
      none, it says why.

      Cores compressed with zstd, lz4, xz or gzip are read as they are.

      \(ExitStatus.discussion)
      """)

  @Argument(help: "The core file, or a bundle that `inquest pack` made.", completion: .file())
  var core: String?

  @OptionGroup(title: "Files")
  var files: FileOptions

  @OptionGroup(title: "Output")
  var shape: ReportShape

  @Option(
    name: .customLong("threads"),
    help: ArgumentHelp("Whose stacks are shown: all, crashed, or thread ids.", valueName: "all|crashed|TID,..."))
  var threads: ThreadSelection?

  @Flag(help: "Leave nothing out: whole names, all frames, all threads, registers, code, mappings, modules.")
  var full = false

  @Flag(help: "Print the signature alone, by which crashes are counted, and how it was made (see docs/signatures.md).")
  var signature = false

  @OptionGroup(title: "Page")
  var page: PageOptions

  @Flag(help: "List the core files that are found, newest first, and do nothing else.")
  var list = false

  func validate() throws {
    try shape.check(with: page, others: signature ? ["--signature"] : [])
  }

  func run() throws {
    if list { return try FoundCores.list(json: shape.json) }
    let input = try core.map { ReportedInput(path: $0) } ?? FoundCores.newest()
    let session = try Session(input.path, files)
    var options = ReportOptions(threads: signature ? .crashed : threads?.selected ?? .all, isFull: full)
    page.prepare(&options, files)
    let report = session.report(input, options)
    try page.write(report)
    let output = StandardStreams.output()
    if signature {
      try SignatureText.write(report.signature, isJSON: shape.json, to: output)
    } else if !page.isStandardOutput {
      let showsAll = threads.map { $0.selected != .crashed } ?? false
      try shape.write(
        report, to: output, StandardStreams.textOptions(isFull: full, showsAllStacks: showsAll))
    }
    if report.findings.isEmpty { throw ExitStatus.noVerdict }
  }
}

/// The value of `--threads`.
struct ThreadSelection: ExpressibleByArgument {
  let selected: ReportOptions.Threads

  init?(argument: String) {
    switch argument {
    case "all": selected = .all
    case "crashed": selected = .crashed
    default:
      let ids = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int32($0) }
      guard !ids.isEmpty, !ids.contains(nil) else { return nil }
      selected = .only(ids.compactMap(\.self))
    }
  }
}
