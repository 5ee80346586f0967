import Foundation
import TestSupport
import Testing

/// Through `handrail-trial`, a program of its own: it may die.
@Suite("Programs that use Handrail") struct TrialTests {
  static let program = Fixture.packageRoot + "/.build/debug/handrail-trial"
  static let inquest = Fixture.packageRoot + "/.build/debug/inquest"
  private static let places = ["main", "thread", "task", "ours"]

  private func trial(_ words: String..., environment: [String: String] = [:], timeout: Double = 120) throws -> Outcome {
    let silent = ["SWIFT_BACKTRACE": "enable=no"]
    return try run([Self.program] + words, environment: silent.merging(environment) { $1 }, timeout: timeout)
  }

  @Test("a parser goes a million levels deep, and its error comes back from there", arguments: places)
  func deep(place: String) throws {
    let outcome = try trial("parse", "1000000", place)
    #expect(outcome.output == "depth 1000000, in segments, cut at 1999999\n", "\(outcome.errors)")
  }

  @Test("without Handrail it dies of that", arguments: places)
  func alone(place: String) throws {
    #expect(try trial("parse-alone", "1000000", place).signal == SIGSEGV)
    #expect(try trial("parse-alone", "1000", place).output == "depth 1000\n")
  }

  @Test("what leaves a segment is told of before the program dies of it", arguments: places)
  func exhausted(place: String) throws {
    let outcome = try trial("overflow", "0", place)
    #expect(outcome.signal == SIGSEGV)
    let told = try #require(
      outcome.errors.wholeMatch(
        of:
          /handrail: stack exhausted: thread "(.+)" \(\d+\) left a segment of 32832 KiB, one of 2, for 0x[0-9a-f]+, (\d+) bytes below its end, by the instruction at 0x[0-9a-f]+\. Ask for more room, or more often\.\n/
      ))
    #expect(Int(told.2) ?? 0 > 0 && Int(told.2) ?? 0 <= 1 << 20)
    if place == "ours" { #expect(told.1 == "ours") }
  }

  @Test("where no segment can be had the program says so and ends")
  func tooMuch() throws {
    let outcome = try trial("too-much")
    #expect(outcome.signal == SIGABRT)
    #expect(
      outcome.errors == "handrail: no memory for a stack segment with room for 1152921504606846976 bytes (errno 12): "
        + "this thread has 0 segments with 0 KiB\n")
  }

  @Test("a wild pointer that meets a segment's guard, while the segment has room, is not called exhaustion")
  func wild() throws {
    let outcome = try trial("wild")
    #expect(outcome.signal == SIGSEGV)
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test("a null pointer on a segment is not called exhaustion")
  func nearMiss() throws {
    let outcome = try trial("crash", "20000", "thread")
    #expect(outcome.signal == SIGSEGV)
    #expect(outcome.errors.wholeMatch(of: /\d+ segments\n/) != nil, "\(outcome.errors)")
  }

  @Test("Swift's own handler is called after the message, and its backtrace goes through the segments")
  func backtrace() throws {
    // A small first stack: the backtracer takes seconds for ten thousand frames.
    let outcome = try run(
      ["sh", "-c", "ulimit -s 512; exec \(Self.program) crash 1200 main"],
      environment: ["SWIFT_BACKTRACE": "enable=yes,color=no,interactive=no,limit=none,cache=no"], timeout: 300)
    #expect(outcome.errors.hasPrefix("2 segments\n"))
    #expect(
      outcome.errors.contains("Trial.main") || outcome.errors.contains("static Trial"), "\(outcome.errors.suffix(2000))"
    )
    let exhausted = try trial(
      "overflow", "0", "task", environment: ["SWIFT_BACKTRACE": "enable=yes,color=no,interactive=no,limit=16,cache=no"],
      timeout: 300)
    #expect(exhausted.errors.contains("handrail: stack exhausted"))
    #expect(exhausted.errors.contains("*** "), "\(exhausted.errors.prefix(2000))")
  }

  @Test("inquest and gdb walk from the innermost segment to main, across every switch", arguments: ["main", "task"])
  func walked(place: String) throws {
    let core = try Fixture.core(of: [Self.program, "crash", "20000", place])
    defer { remove((core as NSString).deletingLastPathComponent) }
    let report = try run([Self.inquest, "core", core])
    #expect(report.output.contains("VERDICT   null dereference"), "\(report.output.prefix(3000))")
    #expect(report.output.components(separatedBy: "another stack from here on").count > 3)
    #expect(report.output.contains(place == "main" ? "Trial.main" : "start_thread"), "\(report.output.suffix(3000))")
    let debugger = try run(["gdb", "-batch", "-ex", "bt", Self.program, core], timeout: 300)
    #expect(!debugger.output.contains("corrupt stack"))
    #expect(debugger.output.components(separatedBy: "__morestack").count > 5)
    #expect(debugger.output.contains(place == "main" ? "handrail_trial_main" : "start_thread"))
  }

  @Test("inquest tells what exhausted a segment")
  func verdict() throws {
    let core = try Fixture.core(of: [Self.program, "overflow", "0", "thread"])
    defer { remove((core as NSString).deletingLastPathComponent) }
    let report = try run([Self.inquest, "core", core])
    #expect(report.output.contains("VERDICT   stack exhaustion, proved"), "\(report.output.prefix(3000))")
  }

  @Test("readers of the environment find nothing wrong beside writers and starts of programs")
  func storm() throws {
    let outcome = try trial("storm", "1500")
    #expect(outcome.signal == nil)
    #expect(outcome.output == "0 wrong\n", "\(outcome.errors)")
  }

  @Test("a snapshot has what get gives, whatever stands in the environment")
  func strange() throws {
    #expect(
      try trial("strange-environment").output == """
        TWICE|nil TWICE|first TWICE|second NO_SIGN|nil =|nil =A|b EMPTY| BYTES|\u{fffd}
        TWICE: first, first
        NO_SIGN: nil, nil
        EMPTY: , 
        BYTES: \u{fffd}, \u{fffd}
        : nil, nil
        =: nil, nil
        =A: nil, nil
        3 in all

        """)
  }

  @Test("of what threads were getting when they were cancelled nothing is lost", arguments: ["open", "accept", "read"])
  func leaks(kind: String) throws {
    #expect(try trial("leaks", "300", kind).output == "300 cancelled, 0 lost, 0 not cancelled\n")
  }

  @Test(
    "the segment's first size is what HANDRAIL_SEGMENT says",
    arguments: [("8M", true), ("nonsense", false), ("9Z", false)])
  func size(setting: String, isTaken: Bool) throws {
    // 8 MiB and some more.
    let outcome = try trial("crash", "9000", "main", environment: ["HANDRAIL_SEGMENT": setting])
    #expect(outcome.signal == SIGSEGV)
    #expect(outcome.errors == (isTaken ? "1 segments\n" : "3 segments\n"))
  }

  @Test("the program's functions for the environment are seen by the libraries that it is linked with")
  func interposed() throws {
    let symbols = try runChecked(["readelf", "-W", "--dyn-syms", Self.program]).output
    for name in ["getenv", "secure_getenv", "setenv", "putenv", "unsetenv", "clearenv"] {
      #expect(try symbols.contains(Regex("FUNC +GLOBAL +DEFAULT +[0-9]+ \(name)\n")), "\(name)")
    }
  }
}
