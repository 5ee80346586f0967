package import Reporting

/// What a report from a bundle lacks: what that of the whole core lacked, and what trimming cost.
package enum BundleShortfalls {
  /// The shortfalls of a report from a bundle, with those that the core had before it was trimmed.
  package static func merged(_ found: [ReportedShortfall], _ manifest: BundleManifest) -> [ReportedShortfall] {
    let before = manifest.shortfalls.filter { old in !found.contains { $0.what == old.what } }
    return own(manifest) + before.map { .init(what: $0.what, cost: $0.cost, isHeadline: $0.isHeadline) } + found
  }

  private static func own(_ manifest: BundleManifest) -> [ReportedShortfall] {
    var result: [ReportedShortfall] = []
    if manifest.isRedacted {
      result.append(
        ReportedShortfall(
          what: "the bundle was redacted: texts, values of variables, arguments and the heap's contents were zeroed",
          cost: "what they would have told is not in the report", isHeadline: true))
    }
    if !manifest.isVerified {
      result.append(
        ReportedShortfall(
          what: "the bundle does not hold all that the report of the whole core was made from",
          cost: "where the two differ, the bundle's report.json is no proof of the other", isHeadline: true))
    }
    let core = manifest.core
    result.append(
      ReportedShortfall(
        what:
          "the core was trimmed to \(Quantities.bytes(core.keptBytes)) of the \(Quantities.bytes(core.dumpedBytes)) of "
          + "memory that it held",
        cost: "memory that the report does not rest on cannot be looked at"))
    return result
  }
}
