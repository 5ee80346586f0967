import Testing

@testable import Supervision

@Suite("What happens to a signal")
struct ProcStatusTests {
  private func status(caught: String, ignored: String) -> String {
    "Name:\tx\nNSpid:\t4711\t1\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\nSigBlk:\t0000000000000000\n"
      + "SigIgn:\t\(ignored)\nSigCgt:\t\(caught)\n"
  }

  @Test("is death only where nobody handles or ignores it, and its default is to dump core")
  func fatal() throws {
    let none = "0000000000000000"
    let segmentation = "0000000000000400"
    let unhandled = try #require(SignalDispositions(status: status(caught: none, ignored: none)))
    #expect(unhandled.isFatal(11))
    #expect(!unhandled.isFatal(15), "SIGTERM is an end, and no crash")
    #expect(unhandled.ownID == 1)
    let handled = try #require(SignalDispositions(status: status(caught: segmentation, ignored: none)))
    #expect(!handled.isFatal(11))
    #expect(handled.isFatal(6))
    let ignored = try #require(SignalDispositions(status: status(caught: none, ignored: segmentation)))
    #expect(!ignored.isFatal(11))
  }

  @Test(
    "is not guessed where the kernel tells nothing",
    arguments: ["", "Name:\tx\n", "SigCgt:\tzz\nSigIgn:\t0\nSigBlk:\t0\n"])
  func hostile(text: String) { #expect(SignalDispositions(status: text) == nil) }

  @Test(
    "A pattern matches a program's name as a shell's does",
    arguments: [
      ("test_*", "/usr/bin/test_a", true), ("test_*", "test_", true), ("test_*", "my_test_a", false),
      ("*", "", true), ("a?c", "abc", true), ("a?c", "ac", false), ("*.x*y", "a.xxy", true), ("", "a", false),
    ])
  func patterns(pattern: String, path: String, matches: Bool) {
    #expect(FollowPattern(pattern).matches(path) == matches)
  }
}
