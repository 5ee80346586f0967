/// A cause, how sure it is, and what it rests on.
package struct ReportedFinding: Codable, Sendable {
  /// The name that never changes: "stack-exhaustion". New ones may come.
  package var hazard: String
  /// The name for people: "stack exhaustion".
  package var title: String
  /// "proved", "likely" or "possible".
  package var certainty: String
  package var thread: Int32?
  package var statement: String
  package var evidence: [ReportedEvidence]
  package var refutedBy: String?
  package var remedies: [String]

  package init(
    hazard: String, title: String, certainty: String, thread: Int32? = nil, statement: String,
    evidence: [ReportedEvidence] = [], refutedBy: String? = nil, remedies: [String] = []
  ) {
    self.hazard = hazard
    self.title = title
    self.certainty = certainty
    self.thread = thread
    self.statement = statement
    self.evidence = evidence
    self.refutedBy = refutedBy
    self.remedies = remedies
  }
}

/// One thing that was read in the target, and what it shows.
package struct ReportedEvidence: Codable, Sendable {
  package var statement: String
  package var address: HexAddress?
  /// The bytes at `address` in hexadecimal, without spaces.
  package var bytes: String?

  package init(_ statement: String, address: HexAddress? = nil, bytes: String? = nil) {
    self.statement = statement
    self.address = address
    self.bytes = bytes
  }
}
