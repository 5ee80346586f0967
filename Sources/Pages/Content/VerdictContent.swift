internal import Reporting

/// The verdict, what else was found, what to look at where nothing was, and what makes all of it doubtful.
struct VerdictContent {
  private let report: Report
  /// How many bytes of a piece of evidence, and how many findings, a page shows.
  private static let mostBytes = 256
  private static let mostFindings = 40

  init(_ report: Report) { self.report = report }

  var fields: [String: TemplateValue] {
    [
      "verdict": report.findings.first.map(finding) ?? .absent,
      "others": .list(report.findings.dropFirst().prefix(Self.mostFindings).map(finding)),
      "nextSteps": .list(report.nextSteps.map { .text($0) }),
      "warnings": .list(report.shortfalls.filter(\.isHeadline).map(Self.shortfall)),
      "missing": .list(report.shortfalls.filter { !$0.isHeadline }.prefix(500).map(Self.shortfall)),
    ]
  }

  private static func shortfall(_ shortfall: ReportedShortfall) -> TemplateValue {
    ["what": .text(shortfall.what), "cost": .text(shortfall.cost)]
  }

  private func finding(_ finding: ReportedFinding) -> TemplateValue {
    [
      "title": .text(finding.title),
      "hazard": .text(finding.hazard),
      "certainty": .text(finding.certainty),
      "grade": .text(Self.grade(finding.certainty)),
      "thread": .text(finding.thread.map { "\($0)" }),
      "statement": .text(finding.statement),
      "hasEvidence": .flag(!finding.evidence.isEmpty),
      "evidence": .list(finding.evidence.prefix(200).map(evidence)),
      "refutedBy": .text(finding.refutedBy),
      "hasRemedies": .flag(!finding.remedies.isEmpty),
      "remedies": .list(finding.remedies.map { .text($0) }),
    ]
  }

  /// The class by which a certainty is coloured; a name that is not known gets none of its own.
  static func grade(_ certainty: String) -> String {
    ["proved", "likely", "possible"].contains(certainty) ? certainty : "possible"
  }

  private func evidence(_ evidence: ReportedEvidence) -> TemplateValue {
    [
      "statement": .text(evidence.statement), "address": .text(evidence.address?.text),
      "rows": .list(Self.rows(evidence)),
    ]
  }

  /// The bytes as a hexadecimal dump: sixteen a row, with what is text in them.
  private static func rows(_ evidence: ReportedEvidence) -> [TemplateValue] {
    guard let digits = evidence.bytes, let address = evidence.address else { return [] }
    let bytes = bytes(of: digits)
    let shown = bytes.prefix(mostBytes)
    var rows: [TemplateValue] = stride(from: 0, to: shown.count, by: 16).map { start in
      let row = shown[start..<min(start + 16, shown.count)]
      let hexadecimal = row.map { byte in
        let digits = String(byte, radix: 16)
        return digits.utf8.count < 2 ? "0" + digits : digits
      }
      let text = row.map { $0 >= 0x20 && $0 < 0x7f ? Character(Unicode.Scalar($0)) : "·" }
      return [
        "address": .text(HexAddress(address.value &+ UInt64(start)).text),
        "bytes": .text(hexadecimal.joined(separator: " ")), "text": .text(String(text)),
      ]
    }
    if shown.count < bytes.count {
      rows.append(["bytes": .text("… and \(Quantities.count(bytes.count - shown.count, "byte")) more")])
    }
    return rows
  }

  /// The bytes that pairs of hexadecimal digits stand for, up to what is none.
  private static func bytes(of digits: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits.utf8 {
      let value: UInt8
      switch digit {
      case 0x30...0x39: value = digit - 0x30
      case 0x61...0x66: value = digit - 0x57
      case 0x41...0x46: value = digit - 0x37
      default: return bytes
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }
}
