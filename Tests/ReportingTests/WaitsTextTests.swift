import Testing

@testable import Reporting

@Suite struct WaitsTextTests {
  static var empty: Report { Report(input: ReportedInput(path: "core"), process: ReportedProcess(threadCount: 4)) }

  /// A deadlock of two threads, a third that waits for one of the locks, and a thread that is joined and gone.
  static func report(symbol: String = "accounts") -> Report {
    var report = Self.empty
    report.waits = ReportedWaits(
      nodes: [
        ReportedWaitNode(id: "thread 1", kind: "thread", tid: 1, text: "main (a.c:3)"),
        ReportedWaitNode(id: "thread 2", kind: "thread", tid: 2, text: "worker (a.c:9)"),
        ReportedWaitNode(id: "thread 3", kind: "thread", tid: 3, text: "worker (a.c:9)"),
        ReportedWaitNode(id: "thread 4", kind: "thread", tid: 4, text: "main (a.c:30)"),
        ReportedWaitNode(id: "thread 9", kind: "gone-thread", tid: 9, text: "no thread of the process has this id"),
        ReportedWaitNode(id: "mutex 0x10", kind: "mutex", address: HexAddress(0x10), symbol: symbol, text: "a mutex"),
        ReportedWaitNode(id: "mutex 0x20", kind: "mutex", address: HexAddress(0x20), text: "a mutex"),
      ],
      edges: [
        ReportedWaitEdge(from: "thread 1", to: "mutex 0x20", kind: "waits-for", isRead: true, isInCycle: true),
        ReportedWaitEdge(from: "mutex 0x20", to: "thread 2", kind: "held-by", isRead: false, isInCycle: true),
        ReportedWaitEdge(from: "thread 2", to: "mutex 0x10", kind: "waits-for", isRead: true, isInCycle: true),
        ReportedWaitEdge(from: "mutex 0x10", to: "thread 1", kind: "held-by", isRead: true, isInCycle: true),
        ReportedWaitEdge(from: "thread 3", to: "mutex 0x10", kind: "waits-for", isRead: true),
        ReportedWaitEdge(from: "thread 4", to: "thread 9", kind: "waits-for", isRead: true),
      ])
    return report
  }

  static func text(_ report: Report) -> String {
    Collected.text { ReportText.write(report, to: $0, TextOptions(width: 100)) }
  }

  @Test("the graph is told in lines, circles first, with what was inferred and who is gone")
  func lines() {
    let text = Self.text(Self.report())
    #expect(
      text.contains("  * threads 2, 3 -> mutex 0x10 (accounts) -> held by thread 1, in main (a.c:3)\n"), "\(text)")
    #expect(text.contains("  * thread 1 -> mutex 0x20 -> probably held by thread 2, in worker (a.c:9)\n"), "\(text)")
    #expect(text.contains("  - thread 4 -> thread 9, which is gone\n"), "\(text)")
  }

  @Test("a report without edges between threads has no section of waits")
  func nothing() {
    #expect(!Self.text(Self.empty).contains("WAITS"))
  }

  @Test("dot marks the circle, what was inferred, and escapes what came from the target")
  func dot() {
    let text = Collected.text { WaitsDot.write(Self.report(symbol: "a\"];evil[\\"), to: $0) }
    #expect(text.hasPrefix("digraph waits {\n"))
    #expect(text.hasSuffix("}\n"))
    #expect(text.contains("\"thread 1\" -> \"mutex 0x20\" [label=\"waits for\", color=red, penwidth=2];"), "\(text)")
    #expect(
      text.contains("\"mutex 0x20\" -> \"thread 2\" [label=\"held by\", style=dashed, color=red, penwidth=2];"),
      "\(text)")
    #expect(text.contains("a\\\"];evil["), "\(text)")
    #expect(!text.contains("a\"];evil["), "\(text)")
  }
}
