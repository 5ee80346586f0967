@testable import Pages
@testable import Reporting

/// Reports made by hand, and their pages.
enum SamplePages {
  static func html(_ report: Report) throws -> String {
    var bytes: [UInt8] = []
    let output = ByteOutput { bytes += $0 }
    try ReportPage.write(report, to: output)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Everything that a page can show.
  static var full: Report {
    var report = Report(
      input: ReportedInput(path: "/tmp/core.1", choice: "newest of 3"),
      process: ReportedProcess(
        pid: 100, name: "server", executable: "/usr/bin/server", arguments: ["server", "--port", "80 80"],
        threadCount: 6))
    report.architecture = "x86-64"
    report.tool.command = ["inquest", "core", "/tmp/core.1"]
    report.signal = ReportedSignal(number: 11, name: "SIGSEGV", code: 2, codeName: "SEGV_ACCERR")
    report.fault = ReportedFault(
      access: "write", address: 0x7f00_0000_0ff8, region: "guard below a stack", instruction: "push rax")
    report.crashedThread = 101
    report.findings = [
      ReportedFinding(
        hazard: "stack-exhaustion", title: "stack exhaustion", certainty: "proved", thread: 101,
        statement: "Thread 101 ran out of stack.",
        evidence: [ReportedEvidence("push rax wrote into the guard", address: 0x5500_0000_1000, bytes: "50c3")],
        refutedBy: "an overwritten stack pointer", remedies: ["Bound the recursion."]),
      ReportedFinding(
        hazard: "deadlock", title: "deadlock", certainty: "likely", statement: "Two threads wait for each other."),
    ]
    report.registers = [
      ReportedRegister(name: "rsp", value: 0x7f00_0000_1000, meaning: "stack of thread 101"),
      ReportedRegister(name: "rip", value: 0x5500_0000_1000),
    ]
    report.disassembly = [
      ReportedInstruction(
        address: 0x5500_0000_1000, bytes: "50", text: "push rax", isCurrent: true)
    ]
    report.disassembly[0].note = "rax = 0x1; writes 8 bytes at 0x7f0000000ff8 (guard): this faulted"
    report.mappings = [
      ReportedMapping(
        start: 0x5500_0000_1000, end: 0x5500_0000_2000, permissions: "r-x", use: "file", path: "/usr/bin/server"),
      ReportedMapping(start: 0x7f00_0000_0000, end: 0x7f00_0000_1000, permissions: "---", use: "guard"),
      ReportedMapping(start: 0x7f00_0000_1000, end: 0x7f00_0080_1000, permissions: "rw-", use: "stack", thread: 101),
    ]
    report.stacks = [crashed, group([102, 103, 104], "waiter"), group([105], "sleeper"), group([100], "main_loop")]
    report.stacks[1].threads[0].wait = ReportedWait(
      kind: "mutex", text: "waits for mutex 0x10 (big_lock), held by thread 105")
    report.waits = deadlock
    report.clues = [
      ReportedClue(
        kind: "path", text: "deep/nested.rs", certainty: "likely", place: "frame 12", address: 0x10,
        reasons: ["is argv[1]"])
    ]
    report.modules = [
      ReportedModule(
        path: "/usr/bin/server", start: 0x5500_0000_0000, end: 0x5500_0000_2000, bias: 0x5500_0000_0000,
        buildID: "abcd",
        file: ReportedFile(path: "/usr/bin/server", origin: "path", isVerified: true)),
      ReportedModule(
        path: "/lib/libgone.so", start: 0x7e00_0000_0000, end: 0x7e00_0000_2000, bias: 0x7e00_0000_0000),
      ReportedModule(
        path: "/lib/libold.so", start: 0x7d00_0000_0000, end: 0x7d00_0000_2000, bias: 0x7d00_0000_0000,
        refused: [ReportedRefusal(path: "/lib/libold.so", kind: "wrong-build-id", reason: "has build-id 12")]),
    ]
    report.shortfalls = [
      ReportedShortfall(what: "the core was cut", cost: "some stacks are lost", isHeadline: true),
      ReportedShortfall(what: "no debug information", cost: "no lines for 1 frame"),
    ]
    report.signature = ReportedSignature(parts: ["stack-exhaustion", "even", "odd"])
    return report
  }

  static func frame(_ number: Int, _ function: String, at pointer: UInt64, size: UInt64 = 64) -> ReportedFrame {
    ReportedFrame(
      number: number, pc: HexAddress(0x5500_0000_1000 + UInt64(number)), function: function, functionOffset: 4,
      module: "server", moduleOffset: 0x1000, file: "/src/\(function).c", line: 10,
      provenance: number == 0 ? "context" : "call-frame-information",
      cfa: HexAddress(pointer + size), stackPointer: HexAddress(pointer))
  }

  static var crashed: ReportedStack {
    var first = frame(0, "even", at: 0x7f00_0000_1000)
    first.detail = ReportedFrameDetail(
      registers: [ReportedRegister(name: "rax", value: 1)],
      source: ReportedSource(
        path: "/src/even.c", firstLine: 9, currentLine: 10, lines: ["int even(int n) {", "\treturn odd(n - 1);", "}"]))
    return ReportedStack(
      threads: [ReportedThread(tid: 101, name: "worker")], frameCount: 20_002,
      elements: [
        .fold(
          ReportedFold(
            cycle: [first, frame(1, "odd", at: 0x7f00_0000_1040)], turns: 10_000, frameCount: 20_000, bytesPerTurn: 800,
            bytes: 8_000_000)),
        .frame(frame(20_000, "run", at: 0x7f00_007a_2400, size: 300_000)),
        .frame(frame(20_001, "start", at: 0x7f00_007e_b7e0)),
      ], ending: ReportedEnding(kind: "outermost"))
  }

  static func group(_ tids: [Int32], _ function: String) -> ReportedStack {
    ReportedStack(
      threads: tids.map { ReportedThread(tid: $0) }, frameCount: 2,
      elements: [
        .frame(frame(0, "futex_wait", at: 0x7e00_0000_1000)), .frame(frame(1, function, at: 0x7e00_0000_1040)),
      ], ending: ReportedEnding(kind: "outermost"))
  }

  /// Two threads and two locks in a ring, a thread that waits for one of them, and a join beside.
  static var deadlock: ReportedWaits { ring(2, waiters: 3) }

  /// A ring of `count` threads and locks, threads that wait for its first lock, and a join of a thread that is gone.
  static func ring(_ count: Int, waiters: Int) -> ReportedWaits {
    var waits = ReportedWaits(nodes: [], edges: [])
    for index in 0..<count {
      waits.nodes.append(
        ReportedWaitNode(id: "thread \(index + 1)", kind: "thread", tid: Int32(index + 1), text: "worker \(index + 1)"))
      waits.nodes.append(
        ReportedWaitNode(
          id: "mutex 0x\(index)", kind: "mutex", address: HexAddress(UInt64(index)), symbol: "lock_\(index)",
          text: "pthread mutex, locked"))
    }
    for index in 0..<count {
      let next = (index + 1) % count
      waits.edges.append(
        ReportedWaitEdge(
          from: "thread \(index + 1)", to: "mutex 0x\(next)", kind: "waits-for", isRead: true, isInCycle: true))
      waits.edges.append(
        ReportedWaitEdge(
          from: "mutex 0x\(next)", to: "thread \(next + 1)", kind: "held-by", isRead: true, isInCycle: true))
    }
    for index in 0..<waiters {
      let id = "thread \(1000 + index)"
      waits.nodes.append(ReportedWaitNode(id: id, kind: "thread", tid: Int32(1000 + index), text: "waiter"))
      waits.edges.append(ReportedWaitEdge(from: id, to: "mutex 0x0", kind: "waits-for", isRead: false))
    }
    waits.nodes.append(ReportedWaitNode(id: "thread 7777", kind: "thread", tid: 7777, text: "main"))
    waits.nodes.append(ReportedWaitNode(id: "thread 8888", kind: "gone-thread", tid: 8888, text: "gone"))
    waits.edges.append(ReportedWaitEdge(from: "thread 7777", to: "thread 8888", kind: "waits-for", isRead: true))
    return waits
  }

  /// Threads that all differ, each stack of `depth` frames.
  static func many(_ count: Int, depth: Int) -> Report {
    var report = full
    report.process.threadCount = count
    report.stacks = (0..<count).map { index in
      ReportedStack(
        threads: [
          ReportedThread(tid: Int32(1000 + index), wait: ReportedWait(kind: "futex", text: "waits for futex \(index)"))
        ],
        frameCount: depth,
        elements: (0..<depth).map { .frame(frame($0, "function_\(index)_\($0)", at: 0x1000 + UInt64($0) * 64)) },
        ending: ReportedEnding(kind: "outermost"))
    }
    report.crashedThread = 1000
    return report
  }
}
