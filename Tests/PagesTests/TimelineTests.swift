import Foundation
import Testing

@testable import Pages
@testable import Reporting

@Suite("The page of threads over time", .serialized)
struct TimelineTests {
  private static let millisecond: UInt64 = 1_000_000

  /// Two processes, the second made by the first's thread; a failed call; a name that is markup.
  private static var model: TimelineModel {
    var model = TimelineModel(title: "sh -c '<b>&\"'")
    // In the order in which they end.
    model.lanes = [
      .init(thread: 12, process: 10, begin: 30 * millisecond, end: 60 * millisecond, how: "exited with 0"),
      .init(thread: 20, process: 20, begin: 40 * millisecond, end: 80 * millisecond, how: "killed by SIGKILL"),
      .init(thread: 11, process: 10, begin: 20 * millisecond, end: 90 * millisecond, how: "exited with 0"),
      .init(thread: 10, process: 10, begin: 0, end: 370 * millisecond, how: "exited with 0"),
    ]
    model.calls = [
      .init(
        thread: 11, begin: 25 * millisecond, end: 26 * millisecond, name: "openat", kind: .file, isError: true,
        text: "openat(AT_FDCWD, \"<script>alert(1)</script>\") = -1 ENOENT"),
      .init(
        thread: 10, begin: 30 * millisecond, end: 300 * millisecond, name: "futex", kind: .waiting, isError: false,
        text: "futex()"),
    ]
    model.marks = [.init(thread: 20, time: 80 * millisecond, name: "SIGKILL")]
    model.arrows = [
      .init(from: 11, to: 20, time: 40 * millisecond, isJoin: false),
      .init(from: 20, to: 10, time: 80 * millisecond, isJoin: true),
    ]
    model.names = [10: "sh", 20: "<i>child"]
    return model
  }

  private static func html(_ model: TimelineModel) throws -> String {
    var bytes: [UInt8] = []
    let output = ByteOutput { bytes += $0 }
    try TimelinePage.write(model, to: output)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(
    "has a scale of round times, eleven at most",
    arguments: [
      (0, [0]), (1, [0, 1]), (10, Array(0...10)), (11, [0, 2, 4, 6, 8, 10]),
      (370, [0, 50, 100, 150, 200, 250, 300, 350]),
      (1000, (0...10).map { $0 * 100 }), (1100, [0, 200, 400, 600, 800, 1000]),
    ] as [(UInt64, [UInt64])])
  func ticks(span: UInt64, expected: [UInt64]) { #expect(TimelineDrawing.ticks(over: span) == expected) }

  @Test("has a scale for any time", arguments: [.max, .max / 10, 1 << 63, 10_000_000_000_000_000_000] as [UInt64])
  func extremeTicks(span: UInt64) {
    let ticks = TimelineDrawing.ticks(over: span)
    #expect((2...11).contains(ticks.count))
  }

  @Test("says what it leaves out, and says nothing where it leaves out nothing")
  func leftOut() throws {
    var model = Self.model
    #expect(try !Self.html(model).contains("Not drawn"))
    model.arrowsLeftOut = 1234
    model.marksLeftOut = 2
    model.callsLeftOut = 3
    model.lanesLeftOut = 4
    let html = try Self.html(model)
    #expect(html.contains("Not drawn: 4 threads, the 3 shortest calls, 1,234 arrows, 2 signals and execs."))
  }

  @Test("has a legend of the kinds of calls that are there, and no others")
  func legend() throws {
    let html = try Self.html(Self.model)
    #expect(html.contains("files"))
    #expect(html.contains("waiting"))
    #expect(!html.contains("</span> memory"))
  }

  @Test(
    "renders in a browser, with threads below their process in the order of birth, and nothing to complain of",
    .enabled(if: Browser.isThere, "Chromium is not installed"))
  func renders() throws {
    let lanes = "Array.from(document.querySelectorAll('g.lane text')).map(t => t.textContent.trim()).join('|')"
    let visit = try Browser.visit(
      try Self.html(Self.model),
      [
        ["width": 1280, "evaluate": "document.querySelector('h1').innerText"],
        ["evaluate": lanes],
        ["evaluate": "document.querySelectorAll('rect.call').length"],
        ["evaluate": "document.querySelectorAll('rect.failed').length"],
        ["evaluate": "document.querySelectorAll('path.creation').length"],
        ["evaluate": "document.querySelectorAll('path.join').length"],
        ["evaluate": "Array.from(document.querySelectorAll('text.tick')).map(t => t.textContent).join(' ')"],
        ["evaluate": "document.querySelectorAll('main script, b, i').length"],
        ["key": "+"],
        ["evaluate": "Math.round(document.querySelector('main > svg.drawing').getBoundingClientRect().width / 160)"],
        ["key": "0"],
        ["evaluate": "Math.round(document.querySelector('main > svg.drawing').getBoundingClientRect().width / 160)"],
        ["key": "j"], ["evaluate": "document.activeElement.getAttribute('aria-label')"],
        [
          "evaluate":
            "getComputedStyle(document.querySelector('.key0')).color !== getComputedStyle(document.querySelector('.key3')).color"
        ],
      ])
    #expect(visit.text(0) == "sh -c '<b>&\"'")
    #expect(visit.text(1) == "10 sh|11|12|20 <i>child")
    #expect(visit.number(2) == 2)
    #expect(visit.number(3) == 1)
    #expect(visit.number(4) == 1)
    #expect(visit.number(5) == 1)
    #expect(visit.text(6) == "0 50 ms 100 ms 150 ms 200 ms 250 ms 300 ms 350 ms")
    #expect(visit.number(7) == 0, "what comes from the program is text")
    #expect(visit.number(8) == 16, "+ makes it wider")
    #expect(visit.number(9) == 10, "0 shows all")
    #expect(visit.text(10) == "process 10, 370 ms, exited with 0")
    #expect(visit.flag(11), "the policy let the style through")
    #expect(visit.complaints == [])
    #expect(visit.requests == [])
  }
}
