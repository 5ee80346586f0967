import Foundation
import TestSupport
import Testing
import Tracing

/// What is hard on a tracer: each program prints the same and ends in the same way, traced or not.
@Suite("A program that is hard to trace", .serialized)
struct HostileTests {
  static let modes: [String] = {
    guard let program = try? hostile(), let list = try? runChecked([program, "list"]).output else { return [] }
    return list.split(separator: "\n").map(String.init)
  }()

  static func hostile() throws -> String {
    try Fixture.compile("tracing_hostile.c", with: ["gcc", "-O1"], after: ["-lpthread"])
  }

  @Test("is there in many kinds")
  func kinds() { #expect(Self.modes.count >= 50) }

  @Test("runs as it does by itself", arguments: modes, Run.Way.allCases)
  func same(mode: String, way: Run.Way) async throws {
    let program = try Self.hostile()
    // Through a shell, so that its output goes to a file, and so that nobody tells the one run from the other.
    let output = Fixture.packageRoot + "/.build/hostile-" + UUID().uuidString
    defer { unlink(output) }
    // And so that it has no descriptor of other tests, which the tracer, being of this process, cannot keep from it.
    let close = (3..<64).map { "\($0)>&-" }.joined(separator: " ")
    let command = ["bash", "-c", "exec \"$0\" \"$1\" >\"$2\" </dev/null \(close)", program, mode, output]
    let native = try run(command, timeout: 60)
    let expected = try String(contentsOfFile: output, encoding: .utf8)
    let traced = try await Run.follow(command, way, keepsEvents: false)
    #expect(traced.end == .exited(status: native.status))
    #expect(try String(contentsOfFile: output, encoding: .utf8) == expected)
    #expect(traced.problems.isEmpty, "\(traced.problems.prefix(5))")
    #expect(native.status == 7)
  }
}
