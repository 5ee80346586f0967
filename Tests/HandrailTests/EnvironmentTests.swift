import Foundation
import Testing

@testable import Handrail

@Suite("The environment", .serialized) struct EnvironmentTests {
  @Test("what is set is what everybody reads: us, libc, Foundation, children")
  func set() throws {
    try ProcessEnvironment.set("HANDRAIL_A", to: "one=1")
    #expect(ProcessEnvironment.get("HANDRAIL_A") == "one=1")
    #expect(String(cString: getenv("HANDRAIL_A")) == "one=1")
    #expect(ProcessInfo.processInfo.environment["HANDRAIL_A"] == "one=1")
    #expect(ProcessEnvironment.snapshot()["HANDRAIL_A"] == "one=1")
    try ProcessEnvironment.set("HANDRAIL_A", to: "two", overwriting: false)
    #expect(ProcessEnvironment.get("HANDRAIL_A") == "one=1")
    setenv("HANDRAIL_A", "three", 1)
    #expect(ProcessEnvironment.get("HANDRAIL_A") == "three")
    try ProcessEnvironment.unset("HANDRAIL_A")
    #expect(ProcessEnvironment.get("HANDRAIL_A") == nil)
    #expect(getenv("HANDRAIL_A") == nil)
    #expect(ProcessInfo.processInfo.environment["HANDRAIL_A"] == nil)
  }

  @Test("values of any length, empty and in any script, come back whole", arguments: [0, 1, 255, 256, 257, 100_000])
  func lengths(count: Int) throws {
    let value = String(repeating: "ä", count: count / 2) + String(repeating: "b", count: count % 2)
    try ProcessEnvironment.set("HANDRAIL_LONG", to: value)
    #expect(ProcessEnvironment.get("HANDRAIL_LONG") == value)
    #expect(ProcessEnvironment.snapshot()["HANDRAIL_LONG"] == value)
    try ProcessEnvironment.unset("HANDRAIL_LONG")
  }

  @Test("names that are none are refused", arguments: ["", "A=B", "A\0B"])
  func names(name: String) {
    #expect(throws: EnvironmentError.invalidName) { try ProcessEnvironment.set(name, to: "x") }
    #expect(throws: EnvironmentError.invalidName) { try ProcessEnvironment.unset(name) }
    #expect(ProcessEnvironment.get(name) == nil)
    #expect(throws: EnvironmentError.invalidValue) { try ProcessEnvironment.set("A", to: "b\0c") }
  }
}
