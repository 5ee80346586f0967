import Testing

@testable import Pages
@testable import Reporting

@Suite("Large reports")
struct PageSizeTests {
  @Test("make a page of less than 5 MB", arguments: [(5000, 30), (5000, 3), (1, 100_000)])
  func size(threads: Int, depth: Int) throws {
    let html = try SamplePages.html(SamplePages.many(threads, depth: depth))
    #expect(html.utf8.count < 5_000_000)
    #expect(html.contains("function_\(threads - 1)_0"))
  }

  @Test("with ids by the thousand name all of them")
  func ids() throws {
    var report = SamplePages.full
    report.stacks.append(SamplePages.group((1..<10_000).map { Int32($0 + 10_000) }, "pool"))
    let html = try SamplePages.html(report)
    #expect(html.contains("<span>19999</span>"))
  }
}

@Suite("The wait graph")
struct WaitGraphTests {
  @Test("is drawn without a box upon another", arguments: [1, 2, 3, 10, 30])
  func boxes(count: Int) {
    let graph = WaitGraph(SamplePages.ring(count, waiters: 5))
    let layout = WaitGraphLayout(graph)
    #expect(layout.places.count == graph.nodes.count)
    for (index, place) in layout.places.enumerated() {
      for other in layout.places[..<index] where other.column == place.column {
        #expect(abs(other.row - place.row) > 0.99)
      }
    }
  }

  @Test("puts a cycle into a ring: two columns, each edge between neighbours")
  func ring() {
    let graph = WaitGraph(SamplePages.ring(4, waiters: 0))
    let layout = WaitGraphLayout(graph)
    for edge in graph.edges where edge.isInCycle {
      let (from, to) = (layout.places[edge.from], layout.places[edge.to])
      #expect(abs(from.column - to.column) + Int(abs(from.row - to.row)) == 1)
    }
  }

  @Test("puts threads that wait for the same together, and what nobody can read into a list", arguments: [3, 5000])
  func groups(waiters: Int) {
    let graph = WaitGraph(SamplePages.ring(2, waiters: waiters))
    #expect(graph.nodes.count { $0.count == waiters } == 1)
    #expect(graph.nodes.count == 7)
    #expect(graph.left == 0)
  }

  @Test("draws what matters most of what has no end")
  func bound() {
    let graph = WaitGraph(SamplePages.ring(2000, waiters: 1))
    #expect(graph.nodes.count == WaitGraph.most)
    #expect(graph.left == 4003 - WaitGraph.most)
  }

  @Test("comes to an end for cycles that nobody marked, edges to nowhere, and ids that come twice")
  func damaged() {
    var waits = SamplePages.ring(3, waiters: 2)
    for index in waits.edges.indices { waits.edges[index].isInCycle = nil }
    waits.nodes += waits.nodes
    waits.edges.append(ReportedWaitEdge(from: "nowhere", to: "thread 1", kind: "held-by", isRead: true))
    waits.edges.append(
      ReportedWaitEdge(from: "thread 1", to: "thread 1", kind: "waits-for", isRead: true, isInCycle: true))
    let graph = WaitGraph(waits)
    #expect(WaitGraphLayout(graph).places.count == graph.nodes.count)
    #expect(WaitGraphDrawing(graph).markup.text.hasSuffix("</svg>"))
  }
}

@Suite("Pictures of memory")
struct MemoryDrawingTests {
  private func report(fault: UInt64, pointer: UInt64, _ mappings: [(UInt64, UInt64, String)]) -> Report {
    var report = Report(input: ReportedInput(path: "c"), process: ReportedProcess(threadCount: 1))
    report.fault = ReportedFault(access: "read", address: HexAddress(fault))
    report.registers = [ReportedRegister(name: "rsp", value: HexAddress(pointer))]
    report.mappings = mappings.map { ReportedMapping(start: HexAddress($0.0), end: HexAddress($0.1), use: $0.2) }
    return report
  }

  @Test("say how far the fault is from the stack pointer, to scale")
  func distance() {
    let drawing = AddressSpaceDrawing(
      report(
        fault: 0x7000_0ff8, pointer: 0x7000_1000,
        [(0x7000_0000, 0x7000_1000, "guard"), (0x7000_1000, 0x7080_1000, "stack")]))
    #expect(drawing.insetNote?.contains("The fault is 8 bytes below the stack pointer.") == true)
    #expect(drawing.inset?.text.contains("fault 0x70000ff8") == true)
    #expect(drawing.tower?.text.contains("8 MiB") == true)
  }

  @Test(
    "are drawn for any addresses",
    arguments: [
      (0, 0), (UInt64.max, 0), (0, UInt64.max), (UInt64.max, UInt64.max), (UInt64.max - 1, UInt64.max), (1, 4096),
      (1 << 63, 1 << 63),
    ] as [(UInt64, UInt64)])
  func extremes(fault: UInt64, pointer: UInt64) {
    for mappings: [(UInt64, UInt64, String)] in [
      [], [(0, UInt64.max, "heap")], [(UInt64.max - 1, UInt64.max, "stack")], [(0, 1, "guard"), (0, 4096, "file")],
      [(10, 5, "stack")], [(0x1000, 0x3000, "a"), (0x2000, 0x5000, "b"), (0x2000, 0x2001, "c")],
    ] {
      let drawing = AddressSpaceDrawing(report(fault: fault, pointer: pointer, mappings))
      #expect(drawing.tower?.text.contains("NaN") != true)
      #expect(drawing.tower?.text.hasSuffix("</svg>") == true)
    }
  }

  @Test("show the fault whose handler was running, where the process ended itself")
  func earlier() {
    var report = report(fault: 0, pointer: 0x7000_1000, [(0x7000_1000, 0x7080_1000, "stack")])
    report.fault = nil
    report.earlierFaults = [
      ReportedEarlierFault(
        signal: ReportedSignal(number: 11, name: "SIGSEGV"), fault: ReportedFault(address: 0x7000_0ff0))
    ]
    #expect(AddressSpaceDrawing(report).inset?.text.contains("earlier fault 0x70000ff0") == true)
  }

  @Test("hold no more regions than can be read, the nearest ones")
  func nearest() {
    let mappings = (1...500).map { (UInt64($0) << 20, UInt64($0) << 20 + 4096, "anonymous") }
    let drawing = AddressSpaceDrawing(report(fault: 250 << 20, pointer: 251 << 20, mappings))
    #expect(drawing.tower.map { $0.text.components(of: "class=\"region") } == 18)
    #expect(drawing.tower?.text.contains(">0xfa01000<") == true)
  }
}

@Suite("The strip of a stack's depth")
struct StackDrawingTests {
  @Test("has blocks as wide as what they take")
  func widths() {
    let drawing = StackDrawing(SamplePages.crashed)
    #expect(drawing.note?.hasPrefix("7.9 MiB of stack in 20,002 frames") == true)
    #expect(drawing.strip?.text.contains("width=\"96.38%\"") == true)
    #expect(drawing.turnNote == "One turn of the recursion, enlarged: 128 bytes, 10,000 times = 96 % of the stack.")
  }

  @Test("is left out where no frame's size is known, and believes no frame of gigabytes beyond reason")
  func unknown() {
    var stack = SamplePages.group([1], "f")
    stack.elements[0].frame?.cfa = nil
    stack.elements[1].frame?.cfa = HexAddress(.max)
    #expect(StackDrawing(stack).strip == nil)
  }
}

extension String {
  /// How often `part` stands in it.
  fileprivate func components(of part: String) -> Int {
    split(separator: part, omittingEmptySubsequences: false).count - 1
  }
}
