import Testing

@testable import Guarding

@Suite("The environment of a guarded program")
struct GuardEnvironmentTests {
  private static let library = "/tmp/g.so"
  private static let sanitizer = "ASAN_OPTIONS=verify_asan_link_order=0"

  @Test(
    "keeps what the user has preloaded, behind ours",
    arguments: [
      ([], "LD_PRELOAD=/tmp/g.so"),
      (["LD_PRELOAD="], "LD_PRELOAD=/tmp/g.so"),
      (["LD_PRELOAD=/a.so"], "LD_PRELOAD=/tmp/g.so:/a.so"),
      (["LD_PRELOAD=/a.so /b.so"], "LD_PRELOAD=/tmp/g.so:/a.so /b.so"),
      (["LD_PRELOAD=/tmp/g.so:/a.so"], "LD_PRELOAD=/tmp/g.so:/a.so"),
      (["LD_PRELOAD=/tmp/g.so"], "LD_PRELOAD=/tmp/g.so"),
    ])
  func preloaded(present: [String], expected: String) {
    let result = GuardEnvironment().added(to: present, library: Self.library, process: 7)
    #expect(result.filter { $0.hasPrefix("LD_PRELOAD=") } == [expected])
  }

  @Test("says what was asked for, and nothing that an outer guard was asked for")
  func flags() {
    var added = GuardEnvironment()
    added.hasSummary = true
    added.leavesChildrenAlone = true
    added.spared = ["stack", "threads"]
    added.log = "/l"
    let outer = ["A=1", "INQUEST_GUARD=3,summary", "INQUEST_GUARD_LOG=/old", "INQUEST_GUARDED=x"]
    #expect(
      added.added(to: outer, library: Self.library, process: 7) == [
        "A=1", "INQUEST_GUARDED=x", Self.sanitizer, "LD_PRELOAD=/tmp/g.so",
        "INQUEST_GUARD=7,summary,no-children,without-stack,without-threads,asan", "INQUEST_GUARD_LOG=/l",
      ])
    #expect(
      GuardEnvironment().added(to: outer, library: Self.library, process: 7)
        == ["A=1", "INQUEST_GUARDED=x", Self.sanitizer, "LD_PRELOAD=/tmp/g.so", "INQUEST_GUARD=7,asan"])
  }

  @Test(
    "lets AddressSanitizer's library be the second, and leaves its other options",
    arguments: [
      ([], "ASAN_OPTIONS=verify_asan_link_order=0"), (["ASAN_OPTIONS="], "ASAN_OPTIONS=verify_asan_link_order=0"),
      (["ASAN_OPTIONS=a=1"], "ASAN_OPTIONS=a=1:verify_asan_link_order=0"),
      (["ASAN_OPTIONS=verify_asan_link_order=1"], "ASAN_OPTIONS=verify_asan_link_order=1"),
    ])
  func sanitizerOptions(present: [String], expected: String) {
    let result = GuardEnvironment().added(to: present, library: Self.library, process: 7)
    #expect(result.filter { $0.hasPrefix("ASAN_OPTIONS=") } == [expected])
  }
}
