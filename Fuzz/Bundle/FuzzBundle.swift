import Bytes
import FuzzSupport
import Machine
import ModuleFiles
import Reporting
import Sharing
import Targets

/// The input is a bundle's archive, unpacked, or a saved report; nothing of the host is looked at.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = unsafe view(start, count)
  do {
    guard Bundle.begins(bytes) else {
      let report = try ReportDecoder.decode(Report.self, from: bytes)
      _ = ReportComparison(report, report).verdict
      return 0
    }
    let bundle = try Bundle(bytes)
    let target = try bundle.target(SearchPaths(systemRoots: ["/nonexistent"]))
    _ = (target.process, target.shortfalls.count, target.modules.count)
    for mapping in target.mappings.prefix(64) { _ = target.memory.readPrefix(mapping.start, 4096).array }
  } catch {
    return 0
  }
  return 0
}
