@testable import Reporting

/// Collects what is written.
final class Collected {
  var bytes: [UInt8] = []
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// What `body` writes.
  static func text(pieceSize: Int = 65_536, _ body: (ByteOutput) throws -> Void) rethrows -> String {
    let collected = Collected()
    let output = ByteOutput(pieceSize: pieceSize) { collected.bytes += $0 }
    try body(output)
    output.flush()
    return collected.text
  }
}

/// Reports made by hand, so that what is printed can be told from what is found out.
enum SampleReport {
  /// A verdict with everything that can stand in a report.
  static var race: Report {
    var report = Report(
      input: ReportedInput(path: "./core.59530", choice: "newest of 3; `inquest core --list` shows all"),
      process: ReportedProcess(
        pid: 59530, name: "python3", executable: "/usr/bin/python3", arguments: ["python3", "a.py"], threadCount: 12))
    report.architecture = "x86-64"
    report.signal = ReportedSignal(
      number: 11, name: "SIGSEGV", code: 1, codeName: "SEGV_MAPERR", faultAddress: 0x220)
    report.fault = ReportedFault(access: "read", address: 0x220, region: "not mapped", instruction: "cmp r12w, [rbp]")
    report.crashedThread = 59541
    report.findings = [
      ReportedFinding(
        hazard: "environment-race", title: "environment race", certainty: "proved", thread: 59541,
        statement: "getenv was walking an array that another thread had already replaced.",
        evidence: [
          ReportedEvidence(
            "rbp is not inside environ", address: 0x248b_5000, bytes: "00112233445566778899aabbccddeeff01"),
          ReportedEvidence("setenv is imported by _http.so"),
        ], refutedBy: "a program that assigns environ itself", remedies: ["Set variables before the first thread."])
    ]
    report.stacks = [
      ReportedStack(
        threads: [ReportedThread(tid: 59541)], frameCount: 3,
        elements: [
          .frame(
            ReportedFrame(
              number: 0, pc: 0x7f00_0000_10ac, function: "getenv", functionOffset: 172, module: "libc.so.6",
              moduleOffset: 0x10ac, file: "/build/glibc/stdlib/getenv.c", line: 84, provenance: "context")),
          .frame(
            ReportedFrame(
              number: 1, pc: 0x5500_0000_2000, function: "worker", functionOffset: 16, module: "python3.12",
              moduleOffset: 0x2000, file: "/src/worker.c", line: 20,
              inlined: [ReportedInlinedCall(function: "lookup", callFile: "/src/worker.c", callLine: 31)])),
          .frame(
            ReportedFrame(
              number: 2, pc: 0x5500_0000_3000, module: "python3.12", moduleOffset: 0x3000, provenance: "scan")),
        ], ending: ReportedEnding(kind: "unreadable", address: 0x7fff_0000)),
      waiting([59530, 59531, 59532], in: "epoll_wait"), waiting([59533], in: "futex"),
      waiting([59534], in: "epoll_wait"),
    ]
    report.shortfalls = [
      ReportedShortfall(what: "the file /usr/bin/x is another", cost: "its frames have no names", isHeadline: true),
      ReportedShortfall(what: "no debug information for libc.so.6", cost: "no lines for 1 frame"),
    ]
    return report
  }

  static func waiting(_ tids: [Int32], in function: String) -> ReportedStack {
    ReportedStack(
      threads: tids.map { ReportedThread(tid: $0) }, frameCount: 1,
      elements: [
        .frame(
          ReportedFrame(
            number: 0, pc: HexAddress(UInt64(tids.count)), function: function, functionOffset: 4, module: "libc.so.6"))
      ], ending: ReportedEnding(kind: "outermost"))
  }

  /// Only what no report can do without.
  static var bare: Report {
    Report(input: ReportedInput(path: "core"), process: ReportedProcess(threadCount: 0))
  }

  /// Recursion, a signal handler, another stack, left out frames.
  static var deep: ReportedStack {
    func frame(_ number: Int, _ function: String, _ change: (inout ReportedFrame) -> Void = { _ in }) -> ReportedFrame {
      var frame = ReportedFrame(
        number: number, pc: 0x1000, function: function, functionOffset: 1, module: "a.out", file: "rec.c", line: 7)
      change(&frame)
      return frame
    }
    return ReportedStack(
      threads: [ReportedThread(tid: 7, name: "worker")], frameCount: 523_700,
      elements: [
        .frame(frame(0, "handler")),
        .frame(frame(1, "__restore_rt") { $0.isSignalTrampoline = true }),
        .frame(frame(2, "even") { $0.stackSwitch = "stack of thread 7, 8 MiB at 0x7f00" }),
        .fold(
          ReportedFold(
            cycle: [frame(3, "odd"), frame(4, "even")], turns: 261_000, frameCount: 522_000, bytesPerTurn: 32,
            bytes: 8_352_000)),
        .omitted(ReportedOmission(count: 1_690, mostFrequent: [.init(function: "walk", count: 1_000)])),
        .frame(frame(523_699, "main") { $0.provenance = "frame-pointer" }),
      ], ending: ReportedEnding(kind: "outermost"))
  }
}
