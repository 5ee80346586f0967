internal import Bytes
internal import Diagnosis
internal import Reporting
internal import Targets

/// The whole report of a target, as it is compared and kept.
struct CoreReport {
  let report: Report
  private static let path = "core"

  /// - Parameter files: tells what a path of the target's is on the host; nil where nobody can tell.
  init(_ target: CoreTarget, files: PathAnswers.Question?) {
    let investigation = Investigation(target: target, finder: target.finder)
    let findings = investigation.diagnose()
    report = ReportBuilder(investigation, ReportOptions(threads: .all, isFull: true, files: files)).build(
      ReportedInput(path: Self.path), findings: findings,
      nextSteps: findings.isEmpty ? investigation.nextSteps() : [])
  }

  /// As JSON.
  func json() throws -> [UInt8] { try Self.json(report) }

  /// As JSON without what a trimmed core cannot tell: what was missing of the whole one.
  func comparable() throws -> [UInt8] {
    var report = report
    report.shortfalls = []
    return try Self.json(report)
  }

  private static func json(_ report: Report) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let output = ByteOutput { bytes += $0 }
    try ReportEncoder.encode(report, to: output)
    output.flush()
    return bytes
  }
}
