import Testing

@testable import Reporting

@Suite("The text of a report")
struct ReportTextTests {
  private func text(_ report: Report, _ options: TextOptions = TextOptions(width: 100)) -> String {
    Collected.text { ReportText.write(report, to: $0, options) }
  }

  @Test("tells of the fault whose handler ended the process")
  func handler() {
    var report = SampleReport.race
    report.signal = ReportedSignal(number: 6, name: "SIGABRT", code: -6, codeName: "SI_TKILL", senderPID: 59530)
    report.process.pid = 59530
    report.earlierFaults = [
      ReportedEarlierFault(
        signal: ReportedSignal(number: 11, name: "SIGSEGV", code: 1, codeName: "SEGV_MAPERR"),
        fault: ReportedFault(access: "write", address: HexAddress(16), region: "not mapped"),
        place: "put+4 in libjvm.so")
    ]
    let lines = text(report)
    #expect(
      lines.contains(
        "  in its handler of SIGSEGV (SEGV_MAPERR), writing address 0x10 (not mapped), at put+4 in libjvm.so\n"))
    #expect(!lines.contains("instruction:"), "what the processor was at when a signal was sent says nothing")
  }

  @Test("tells the cause on the first screen")
  func firstScreen() {
    #expect(
      text(SampleReport.race) == """
        using ./core.59530 (newest of 3; `inquest core --list` shows all)
        WARNING  the file /usr/bin/x is another: its frames have no names

        python3 (pid 59530) was killed by SIGSEGV (SEGV_MAPERR) in thread 59541, one of 12
          reading address 0x220 (not mapped), at getenv+172 (libc.so.6, getenv.c:84)
          instruction: cmp r12w, [rbp]

        VERDICT   environment race, proved
          getenv was walking an array that another thread had already replaced.

        EVIDENCE
          1  rbp is not inside environ
             0x248b5000: 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff ...
          2  setenv is imported by _http.so

        WHAT TO DO
          - Set variables before the first thread.

        WHAT WOULD REFUTE IT
          a program that assigns environ itself

        STACK of thread 59541, 3 frames
          0  getenv at getenv.c:84
          1  lookup at worker.c:20 (inlined)
             worker at worker.c:31
          2  0x550000003000 in python3.12+0x3000 [guess: found by scanning the stack]
             the walk ends here: the stack at 0x7fff0000 is not in the core

        OTHER THREADS (--threads all shows their stacks)
          4  epoll_wait  (threads 59530, 59531, 59532, 59534)
          1  futex  (thread 59533)

        MISSING
          - no debug information for libc.so.6: no lines for 1 frame

        """)
  }

  @Test("says so where nothing was recognised, and what to look at")
  func noVerdict() {
    var report = SampleReport.bare
    report.nextSteps = ["look at the heap"]
    #expect(
      text(report) == """
        using core

        the process: the core names no signal; it may be a snapshot of a living process

        VERDICT   none
          Nothing that Inquest knows was recognised in this core.

        WHAT TO LOOK AT NEXT
          1  look at the heap

        """)
  }

  @Test("writes all stacks where they are asked for")
  func allStacks() {
    let all = text(SampleReport.race, TextOptions(width: 100, showsAllStacks: true))
    #expect(all.contains("STACK of threads 59530, 59531, 59532, 1 frame\n  0  epoll_wait+4 in libc.so.6\n"))
    #expect(!all.contains("OTHER THREADS"))
  }

  @Test("names folded recursion, left out frames, stack switches and signal handlers")
  func deepStack() {
    let lines = Collected.text { StackText(TextPage($0, TextOptions(width: 120))).write(SampleReport.deep) }
    #expect(
      lines == """
               0  handler at rec.c:7
               1  <signal handler called; it interrupted the frame below>
                  -- another stack from here on: stack of thread 7, 8 MiB at 0x7f00 --
               2  even at rec.c:7
                  recursion: 2 frames, 261,000 times = 522,000 frames, 32 bytes a turn, 7.9 MiB in all:
          |      3  odd at rec.c:7
          |      4  even at rec.c:7
                  end of the recursion
                  ... 1,690 frames in no regular order, most of them walk 1,000 times ...
          523699  main at rec.c:7 [by frame pointer]

        """)
  }

  @Test("shows both ends of a long stack, and all of it where nothing is to be left out")
  func longStack() {
    var stack = SampleReport.waiting([1], in: "f")
    stack.frameCount = 1000
    stack.elements = (0..<1000).map { .frame(ReportedFrame(number: $0, pc: 1, function: "f\($0)")) }
    func lines(_ options: TextOptions) -> [Substring] {
      Collected.text { StackText(TextPage($0, options)).write(stack) }.split(separator: "\n")
    }
    let short = lines(TextOptions())
    #expect(short.count == 51)
    #expect(short[40].contains("950 more"))
    #expect(short.last?.contains("f999") == true)
    #expect(lines(TextOptions(isFull: true)).count == 1000)
  }

  @Test("cuts names at the width, and not in a full report", arguments: [60, 80, 132])
  func width(columns: Int) {
    var stack = SampleReport.waiting(
      [1], in: "core::iter::Map<" + String(repeating: "Vec<Option<u8>>, ", count: 40) + "u8>::next")
    stack.elements[0].frame?.file = "/src/map.rs"
    stack.elements[0].frame?.line = 12
    let cut = Collected.text { StackText(TextPage($0, TextOptions(width: columns))).write(stack) }
    #expect(cut.utf8.count <= columns + 1)
    #expect(cut.hasSuffix("next at map.rs:12\n"))
    let full = Collected.text { StackText(TextPage($0, TextOptions(width: columns, isFull: true))).write(stack) }
    #expect(full.utf8.count > 700)
    #expect(full.contains(" at /src/map.rs:12"))
  }

  @Test("colours only where it may")
  func colour() {
    #expect(!text(SampleReport.race).contains("\u{1b}"))
    let coloured = text(SampleReport.race, TextOptions(width: 100, isColoured: true))
    #expect(coloured.contains("\u{1b}[1;31mSIGSEGV\u{1b}[0m"))
    #expect(Self.withoutColour(coloured) == text(SampleReport.race))
  }

  @Test("lets nothing from the target reach the terminal as it is")
  func hostile() throws {
    let evil = "\u{1b}]0;owned\u{7}\n\r\u{202e}x\u{9b}2J"
    var report = SampleReport.race
    report.input.path = evil
    report.process.executable = evil
    report.signal?.name = evil
    report.signal?.codeName = evil
    report.fault?.region = evil
    report.fault?.instruction = evil
    report.findings[0].statement = evil
    report.findings[0].title = evil
    report.findings[0].evidence[0].statement = evil
    report.findings[0].remedies = [evil]
    report.findings[0].refutedBy = evil
    report.stacks[0].threads[0].name = evil
    report.stacks[0].elements[1].frame?.function = evil
    report.stacks[0].elements[1].frame?.file = evil
    report.stacks[0].elements[1].frame?.inlined?[0].function = evil
    report.stacks[0].elements[2].frame?.module = evil
    report.stacks[0].elements[2].frame?.stackSwitch = evil
    report.stacks[1].elements[0].frame?.function = evil
    report.shortfalls[0].what = evil
    report.registers = [ReportedRegister(name: evil, value: 1, meaning: evil)]
    report.disassembly = [ReportedInstruction(address: 1, bytes: "90", text: evil, place: evil)]
    report.mappings = [ReportedMapping(start: 1, end: 2, permissions: evil, use: "file", path: evil)]
    report.modules = [
      ReportedModule(
        path: evil, start: 1, end: 2, bias: 0, buildID: evil,
        file: ReportedFile(path: evil, origin: evil, isVerified: true),
        refused: [ReportedRefusal(path: evil, kind: "x", reason: evil)])
    ]
    for options in [TextOptions(), TextOptions(isFull: true), TextOptions(showsAllStacks: true)] {
      let scalars = text(report, options).unicodeScalars
      #expect(!scalars.contains { $0 != "\n" && !Escaping.isHarmless($0) })
      #expect(!scalars.contains("\u{202e}"))
    }
    #expect(text(report).contains("\\x1b]0;owned\\x07\\n\\r\\u{202e}x\\x9b2J"))
  }

  private static func withoutColour(_ text: String) -> String {
    var result = ""
    var isInside = false
    for character in text.unicodeScalars {
      if character == "\u{1b}" { isInside = true }
      if !isInside { result.unicodeScalars.append(character) }
      if isInside, character == "m" { isInside = false }
    }
    return result
  }
}
