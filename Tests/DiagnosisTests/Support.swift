import Diagnosis
import ModuleFiles
import Targets
import TestSupport

/// Opens a core and investigates it.
func investigate(_ core: String, search: SearchPaths = SearchPaths()) throws -> Investigation {
  let target = try CoreTarget(path: core, search: search)
  return Investigation(target: target, finder: target.finder)
}

extension Finding {
  /// As a person would read it: for the messages of tests that fail.
  var summary: String {
    "\(hazard.rawValue) \(certainty): \(statement)\n" + evidence.map { "  - \($0.statement)\n" }.joined()
      + remedies.map { "  > \($0)\n" }.joined()
  }
}
