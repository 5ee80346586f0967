internal import Bytes
internal import Diagnosis
internal import Reporting
internal import Targets

/// The whole report of a target, as it is compared and kept.
struct CoreReport {
  let report: Report
  private static let path = "core"

  /// - Parameters:
  ///   - files: tells what a path of the target's is on the host; nil where nobody can tell.
  ///   - looksFurther: whether what a page shows besides is read as well, so that it is kept.
  init(_ target: CoreTarget, files: PathAnswers.Question?, looksFurther: Bool) {
    let investigation = Investigation(target: target, finder: target.finder)
    let findings = investigation.diagnose()
    let steps = findings.isEmpty ? investigation.nextSteps() : []
    func build(hasDetails: Bool) -> Report {
      ReportBuilder(
        investigation, ReportOptions(threads: .all, isFull: true, hasDetails: hasDetails, files: files)
      ).build(ReportedInput(path: Self.path), findings: findings, nextSteps: steps)
    }
    if looksFurther { _ = build(hasDetails: true) }
    report = build(hasDetails: false)
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
