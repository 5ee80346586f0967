import Bytes
import Diagnosis
import FuzzSupport
import ModuleFiles
import Pages
import Reporting
import Targets

/// The input is a core file; it goes the whole way to the report, as text, as JSON and as a page, with the host's files at hand.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = unsafe view(start, count)
  let target: CoreTarget
  do throws(CoreError) {
    target = try CoreTarget(bytes, finder: FileFinder())
  } catch {
    return 0
  }
  let investigation = Investigation(target: target, finder: target.finder)
  let findings = investigation.diagnose()
  let report = ReportBuilder(investigation, ReportOptions(threads: .all, isFull: true, hasDetails: true))
    .build(
      ReportedInput(path: "core"), findings: findings, nextSteps: findings.isEmpty ? investigation.nextSteps() : [])
  var length = 0
  let output = ByteOutput { length += $0.count }
  ReportText.write(report, to: output, TextOptions(isFull: true, showsAllStacks: true))
  do {
    try ReportEncoder.encode(report, to: output)
    try ReportPage.write(report, to: output)
  } catch {
    preconditionFailure("a report that cannot be encoded, or a template that is wrong: \(error)")
  }
  output.flush()
  // libFuzzer gives a core of at most 256 KiB: a report of 16 MiB on that would mean that something grows without bound.
  precondition(length <= 1 << 24, "a report of \(length) bytes on a core of \(count)")
  return 0
}
