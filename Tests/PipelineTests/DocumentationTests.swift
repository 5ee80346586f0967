import Foundation
import TestSupport
import Testing

@Suite("The documentation")
struct DocumentationTests {
  @Test("has the man page that the argument parser's own words make")
  func manPage() throws {
    let made = try runChecked([Fixture.packageRoot + "/Scripts/man-page", "--print", CommandLine.executable]).output
    let kept = try String(contentsOfFile: Fixture.packageRoot + "/docs/man/inquest.1", encoding: .utf8)
    #expect(made == kept, "run: Scripts/man-page --update .build/debug/inquest")
  }

  @Test(
    "says every exit status in every help text", arguments: [["--help"], ["core", "--help"], ["doctor", "--help"]])
  func exitStatus(arguments: [String]) throws {
    let help = try run([CommandLine.executable] + arguments).output
    for status in ["0 ", "1 ", "2 ", "3 ", "64 "] { #expect(help.contains("\n  \(status)")) }
  }

  @Test("names every field of the schema")
  func schemaFields() throws {
    let schema =
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: Fixture.packageRoot + "/docs/report.schema.json")))
      as? [String: Any]
    let text = try String(contentsOfFile: Fixture.packageRoot + "/docs/report-schema.md", encoding: .utf8)
    let fields = try #require(schema?["properties"] as? [String: Any])
    for field in fields.keys { #expect(text.contains("`\(field)`"), "\(field)") }
  }

  @Test("has completions for every shell", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let script = try CommandLine.inquest("--generate-completion-script", shell).output
    for word in ["core", "examine", "doctor", "whatis", "sysroot"] { #expect(script.contains(word)) }
  }
}
