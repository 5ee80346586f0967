import TestSupport
import Testing

@Suite("The executable")
struct VersionTests {
  @Test("tells its version")
  func version() throws {
    let outcome = try run([Fixture.packageRoot + "/.build/debug/inquest", "--version"])
    #expect(outcome.output.split(separator: ".").count == 3)
  }
}
