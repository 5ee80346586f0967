/// A text in the target's memory that tells which input the program was working on.
package struct ReportedClue: Codable, Sendable {
  /// "path", "url", "sql", "http-request", "source-text", ….
  package var kind: String
  /// The text itself, cut where it is long.
  package var text: String
  /// "likely" or "possible"; "proved" is for what the evidence leaves no other explanation for.
  package var certainty: String
  /// Where it was found, for people: "frame 12 (parse_item), stack slot +24 → String".
  package var place: String
  /// Where its bytes lie in the target.
  package var address: HexAddress?
  /// Why it ranks where it does: "exists under the sysroot", "is argv[1]".
  package var reasons: [String]
  /// True where no frame leads to it: it was met by going through memory, and is a file that the program knows of.
  package var isByTheWay: Bool?

  package init(
    kind: String, text: String, certainty: String, place: String, address: HexAddress? = nil, reasons: [String] = [],
    isByTheWay: Bool? = nil
  ) {
    self.kind = kind
    self.text = text
    self.certainty = certainty
    self.place = place
    self.address = address
    self.reasons = reasons
    self.isByTheWay = isByTheWay
  }
}
