/// Whether two reports are of one crash, what they agree in and what not.
package struct ReportComparison: Codable, Sendable {
  /// The version of this document. It rises when a field goes or changes its meaning.
  package var schemaVersion = 1
  package var a: ReportedInput
  package var b: ReportedInput
  /// "same", "same-cause-elsewhere", "different" or "unknown".
  package var verdict: String
  /// Why, in a sentence.
  package var statement: String
  /// What was compared, in the order in which it matters.
  package var aspects: [ComparedAspect]
  /// The modules whose build-ids differ, and those that only one process had.
  package var modules: [ComparedModule]
}

/// One thing that both reports tell.
package struct ComparedAspect: Codable, Sendable {
  /// "cause", "signal", "frames", "functions", "architecture", "C library", "executable", "threads", ….
  package var name: String
  package var isEqual: Bool
  /// What each report says: one text, or one for each frame. Empty where it does not tell.
  package var a: [String]
  package var b: [String]
}

/// A module whose builds differ.
package struct ComparedModule: Codable, Sendable {
  /// Its name without a version.
  package var name: String
  /// The build-ids in hexadecimal; nil where that process did not have the module, or its build-id is not known.
  package var a: String?
  package var b: String?
  /// Whether frames that the signatures rest on lie in it.
  package var isInStack: Bool
}

extension ReportComparison {
  /// Compares two reports.
  package init(_ a: Report, _ b: Report) {
    let (verdict, statement) = Self.verdict(a, b)
    self.init(
      a: a.input, b: b.input, verdict: verdict, statement: statement, aspects: ComparedAspect.all(a, b),
      modules: ComparedModule.differing(a, b))
  }

  private static func verdict(_ a: Report, _ b: Report) -> (verdict: String, statement: String) {
    guard let left = a.signature, let right = b.signature else {
      return ("unknown", "neither a cause nor a signal is known of \(a.signature == nil ? "the first" : "the second")")
    }
    guard left.version == right.version else {
      return (
        "unknown",
        "their signatures were made by different rules, \(left.version) and \(right.version): make both reports anew"
      )
    }
    let (causeA, causeB) = (a.causeText, b.causeText)
    guard a.findings.first?.hazard == b.findings.first?.hazard, causeA == causeB else {
      return ("different", "one died of \(causeA), the other of \(causeB)")
    }
    let (placesA, placesB) = (left.parts.dropFirst(), right.parts.dropFirst())
    if placesA.isEmpty && placesB.isEmpty {
      return ("unknown", "both died of \(causeA), and no frame is known of either")
    }
    if left.hash == right.hash {
      return ("same", "both died of \(causeA), in the same functions of the same builds")
    }
    guard let namesA = left.names, let namesB = right.names else {
      if sharesBuilds(placesA, placesB) {
        return ("same-cause-elsewhere", "both died of \(causeA), and in other functions")
      }
      return (
        "unknown",
        "both died of \(causeA), but the builds differ, and without names their functions cannot be compared"
      )
    }
    if namesA.hash == namesB.hash {
      return ("same", "both died of \(causeA), in functions of the same names")
    }
    return ("same-cause-elsewhere", "both died of \(causeA), and in other functions")
  }

  /// Whether the places of one signature are of builds that the other speaks of as well.
  private static func sharesBuilds(_ a: ArraySlice<String>, _ b: ArraySlice<String>) -> Bool {
    func builds(_ parts: ArraySlice<String>) -> Set<Substring> {
      Set(
        parts.flatMap { part in
          part.split(whereSeparator: { "(){}>, *".contains($0) }).compactMap { place in
            place.contains("@") ? place.split(separator: "+").first : nil
          }
        })
    }
    let (left, right) = (builds(a), builds(b))
    return left.isEmpty && right.isEmpty || !left.isDisjoint(with: right)
  }
}

extension Report {
  /// The verdict's title, or the signal's name.
  var causeText: String { findings.first?.title ?? signal?.name ?? "nothing known" }
}
