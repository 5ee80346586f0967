import Bytes
import Testing

@testable import Reporting

@Suite("A saved report")
struct ReportDecoderTests {
  private func json(_ report: Report) throws -> String {
    try Collected.text { try ReportEncoder.encode(report, to: $0) }
  }

  private func decode(_ text: String) throws -> Report {
    try ReportDecoder.decode(Report.self, from: ByteView(Array(text.utf8)))
  }

  @Test("is read back as it was")
  func roundTrip() throws {
    var report = SampleReport.race
    report.stacks.append(SampleReport.deep)
    report.signature = ReportedSignature(parts: ["a", "b"], names: .init(parts: ["a", "\u{1}\"\\ü🐟"]))
    let text = try json(report)
    #expect(try json(decode(text)) == text)
  }

  @Test("may lack any field but those of the tool, the input and the process, and have others")
  func lenient() throws {
    let report = try decode(
      #"{"new":{"a":[1,2.5e3,null,true]},"tool":{},"input":{"path":"x"},"process":{"threadCount":3,"arguments":null}}"#)
    #expect(report.process.threadCount == 3)
    #expect(report.findings.isEmpty && report.process.arguments.isEmpty && report.signature == nil)
  }

  @Test(
    "that is no report is refused",
    arguments: [
      "", "{", "[]", "{}", #"{"input":{"path":1},"process":{}}"#,
      #"{"input":{"path":"x"},"process":{"threadCount":1e9}}"#,
      #"{"input":{"path":"x"},"process":{"threadCount":99999999999999999999}}"#, "{\"a\":\"\u{1}\"}", #"{"a":"\x"}"#,
      "{} {}", #"{"a" 1}"#, "[1,]", #"{"a":-}"#,
    ])
  func refused(text: String) {
    #expect(throws: (any Error).self) { try decode(text) }
  }

  @Test("that nests without end is refused before the stack is")
  func deep() {
    let text = String(repeating: "[", count: 1 << 20)
    #expect(throws: JSONError.tooDeep(offset: 64)) { try JSONParser.parse(ByteView(Array(text.utf8))) }
  }
}

@Suite("A comparison")
struct ReportComparisonTests {
  private func report(_ parts: [String], names: [String]? = nil) -> Report {
    var report = SampleReport.race
    report.findings[0].hazard = parts[0]
    report.findings[0].title = parts[0]
    report.signature = ReportedSignature(parts: parts, names: names.map { .init(parts: $0) })
    return report
  }

  @Test("of a report with itself is the same crash, whatever else differs")
  func same() {
    var other = report(["race", "libc.so!getenv"])
    other.process.threadCount = 99
    let comparison = ReportComparison(report(["race", "libc.so!getenv"]), other)
    #expect(comparison.verdict == "same")
    #expect(comparison.aspects.first { $0.name == "threads" }?.isEqual == false)
  }

  @Test("of two builds goes by names")
  func builds() {
    let a = report(["race", "app@11+0x1"], names: ["race", "app!f"])
    #expect(ReportComparison(a, report(["race", "app@22+0x7"], names: ["race", "app!f"])).verdict == "same")
    #expect(
      ReportComparison(a, report(["race", "app@22+0x7"], names: ["race", "app!g"])).verdict == "same-cause-elsewhere")
    #expect(ReportComparison(a, report(["race", "app@22+0x7"])).verdict == "unknown")
    #expect(ReportComparison(a, report(["race", "app@11+0x9"])).verdict == "same-cause-elsewhere")
  }

  @Test("of other causes is of different crashes")
  func different() {
    #expect(ReportComparison(report(["race", "f"]), report(["abort", "f"])).verdict == "different")
  }

  @Test("with a report that knows nothing, or that other rules made, tells nothing")
  func unknown() {
    #expect(ReportComparison(SampleReport.bare, SampleReport.race).verdict == "unknown")
    var old = report(["race", "f"])
    old.signature?.version = 99
    #expect(ReportComparison(old, report(["race", "f"])).verdict == "unknown")
  }
}
