import Compression
import Diagnosis
import ModuleFiles
import Reporting
import Sharing
import Targets

/// A core or bundle that was opened, ready to be examined.
struct Session {
  let path: String
  let target: CoreTarget
  let investigation: Investigation
  let progress: ProgressLine
  /// What the bundle says of itself, where it is one.
  let bundle: BundleManifest?

  /// Opens the core or bundle at `path`.
  ///
  /// - Throws: `ExitStatus.unreadable` after it has said why.
  init(_ path: String, _ files: FileOptions) throws {
    let progress = ProgressLine(isForced: files.progress)
    self.progress = progress
    self.path = path
    do {
      let content = try CoreContent(path: path, limit: Bundle.sizeLimit) {
        progress.show("unpacking MiB", Int($0.consumed >> 20), Int($0.total >> 20))
      }
      if Bundle.begins(content.bytes) {
        let bundle = try Bundle(content.bytes)
        self.bundle = bundle.manifest
        target = try bundle.target(files.searchPaths)
      } else {
        bundle = nil
        target = try CoreTarget(content, path: path, search: files.searchPaths)
      }
    } catch {
      progress.clear()
      StandardStreams.complain(Self.problem(error, path: path))
      throw ExitStatus.unreadable
    }
    investigation = Investigation(target: target, finder: target.finder)
  }

  /// What a path of the target's is on this host, or was where the bundle was made; nil where that is not told.
  var files: (@Sendable (String) -> FileExistence)? {
    if let bundle { return bundle.pathQuestion }
    return { [finder = target.finder] path in
      switch finder.kind(ofPath: path) {
      case .file: .file
      case .folder, .other: .folder
      case nil: .none
      }
    }
  }

  private static func problem(_ error: any Error, path: String) -> String {
    switch error {
    case let error as CoreError: CoreProblem.text(error, path: path)
    case let error as BundleError: "\(path): \(error.description)"
    default: "\(path): \(error)"
    }
  }

  /// The report of what was opened.
  func report(_ input: ReportedInput, _ options: ReportOptions) -> Report {
    var input = input
    var options = options
    if bundle != nil { input.kind = "bundle" }
    options.files = files
    let findings = investigation.diagnose()
    let builder = ReportBuilder(investigation, options, progress: progress.show)
    var report = builder.build(
      input, findings: findings, nextSteps: findings.isEmpty ? investigation.nextSteps() : [])
    if let bundle { report.shortfalls = BundleShortfalls.merged(report.shortfalls, bundle) }
    // The process ends soon, and with it all of this at once: taking it apart, thread by thread, would cost time.
    _ = unsafe Unmanaged.passRetained(investigation)
    progress.clear()
    return report
  }
}
