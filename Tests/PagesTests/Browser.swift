import Foundation
import TestSupport

/// What a browser told of a page.
struct Visit {
  let values: [Any]
  /// Errors, warnings and messages of the console, the policy's among them.
  let complaints: [String]
  /// What was asked of the network besides the page.
  let requests: [String]

  func text(_ index: Int) -> String { index < values.count ? values[index] as? String ?? "" : "" }
  func number(_ index: Int) -> Int { index < values.count ? values[index] as? Int ?? -1 : -1 }
  func flag(_ index: Int) -> Bool { index < values.count ? values[index] as? Bool ?? false : false }
}

/// Chromium without a window, driven by `Tests/Browser/browse.py`.
enum Browser {
  static let isThere = Fixture.has("chromium") && FileManager.default.isExecutableFile(atPath: Fixture.debianPython)

  /// Opens a page and does `steps`, which `browse.py` describes.
  static func visit(_ html: String, _ steps: [[String: Any]]) throws -> Visit {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try html.write(toFile: folder + "/page.html", atomically: false, encoding: .utf8)
    try JSONSerialization.data(withJSONObject: steps).write(to: URL(fileURLWithPath: folder + "/steps.json"))
    let outcome = try runChecked(
      [
        Fixture.debianPython, Fixture.packageRoot + "/Tests/Browser/browse.py", folder + "/page.html",
        folder + "/steps.json",
      ], timeout: 120)
    let answer = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    return Visit(
      values: answer?["values"] as? [Any] ?? [], complaints: answer?["complaints"] as? [String] ?? ["no answer"],
      requests: answer?["requests"] as? [String] ?? ["no answer"])
  }
}
