import Foundation
import TestSupport
import Testing

/// What the documentation says of the library, as far as a compiler can judge it.
@Suite("The documentation of Handrail") struct DocumentationTests {
  private static let folder = Fixture.packageRoot + "/Sources/Handrail"
  private static let modules = [
    "-I", Fixture.packageRoot + "/.build/debug/Modules", "-I", Fixture.packageRoot + "/.build/debug/CHandrail.build",
  ]

  private func temporaryFolder() throws -> String {
    let folder = NSTemporaryDirectory() + "handrail-documentation-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  private static let examples: [String] = {
    let sources = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let files =
      sources.sorted().filter { $0.hasSuffix(".swift") }.map { folder + "/" + $0 }
      + [folder + "/Handrail.docc/Handrail.md", Fixture.packageRoot + "/docs/handrail.md"]
    return files.flatMap { file -> [String] in
      let text = ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").replacing(/(?m)^ *\/\/\/ ?/, with: "")
      return text.matches(of: /(?s)```swift\n(.*?)```/).map { String($0.1) }.filter { !$0.hasPrefix(".package") }
    }
  }()

  @Test("has examples") func hasExamples() { #expect(Self.examples.count >= 5) }

  @Test("each example compiles, without a warning", arguments: examples)
  func compiles(example: String) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let body = example.replacing("import Handrail\n", with: "")
    let isMember = body.hasPrefix("deinit")
    let text = """
      import Foundation
      import Handrail
      struct Node {}
      func parseHere() throws -> Node { Node() }
      func serve(_ connection: Int32) throws {}
      \(isMember ? "final class List { var next: List?" : "func example(socket: Int32) throws {")
      \(body)
      }
      """
    try text.write(toFile: folder + "/Example.swift", atomically: false, encoding: .utf8)
    let outcome = try run(
      ["swiftc", "-typecheck", "-parse-as-library", "-swift-version", "6", "-warnings-as-errors"] + Self.modules
        + [folder + "/Example.swift"], timeout: 120)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("every public symbol has its own, and DocC finds nothing wrong with it", .enabled(if: Fixture.has("docc")))
  func complete() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let target = try runChecked(["swiftc", "-print-target-info"]).output.firstMatch(of: /"triple": "([^"]+)"/)
    try runChecked(
      ["swift-symbolgraph-extract", "-module-name", "Handrail", "-target", String(target?.1 ?? "")] + Self.modules
        + ["-minimum-access-level", "public", "-output-dir", folder])
    let graph = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder + "/Handrail.symbols.json")))
    let symbols = (graph as? [String: Any])?["symbols"] as? [[String: Any]] ?? []
    #expect(symbols.count > 50)
    let silent = symbols.filter { symbol in
      // What a protocol of the standard library gives is documented there.
      let identifier = (symbol["identifier"] as? [String: Any])?["precise"] as? String ?? ""
      return symbol["docComment"] == nil && !identifier.contains("::SYNTHESIZED::")
    }
    #expect(silent.map { ($0["pathComponents"] as? [String] ?? []).joined(separator: ".") } == [])
    let outcome = try run(
      [
        "docc", "convert", Self.folder + "/Handrail.docc", "--additional-symbol-graph-dir", folder, "--output-path",
        folder + "/documentation", "--fallback-display-name", "Handrail", "--fallback-bundle-identifier", "Handrail",
        "--warnings-as-errors",
      ], timeout: 120)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
