import Testing

@testable import Discovery

@Suite("The doctor")
struct DoctorTests {
  private func problems(_ facts: CoreDumpFacts) -> [Doctor.Check] {
    Doctor.examine(facts).filter { $0.state == .problem }
  }

  private let relative = CorePattern("core.%p", addsPID: false)
  private let systemd = CorePattern("|/usr/lib/systemd/systemd-coredump %P", addsPID: false)

  @Test("finds nothing wrong where nothing is")
  func healthy() {
    #expect(problems(CoreDumpFacts(pattern: relative)).isEmpty)
    #expect(problems(CoreDumpFacts(pattern: systemd, handlerIsExecutable: true)).isEmpty)
  }

  @Test("raises the limit of this shell where that is allowed, and says who must where it is not")
  func limit() {
    let soft = problems(CoreDumpFacts(softLimit: 0, pattern: relative))
    #expect(soft.map(\.remedies) == [["ulimit -c unlimited"]])
    let cut = problems(CoreDumpFacts(softLimit: 4096, pattern: relative))
    #expect(cut.first?.explanation.contains("4096 bytes") == true)
    let hard = problems(CoreDumpFacts(softLimit: 0, hardLimit: 0, pattern: relative))
    #expect(hard.first?.remedies.contains { $0.contains("LimitCORE") } == true)
    let container = problems(CoreDumpFacts(softLimit: 0, hardLimit: 0, pattern: relative, container: "/.dockerenv"))
    #expect(container.first?.remedies.contains { $0.contains("--ulimit core=-1") } == true)
  }

  @Test("does not blame the limit where the kernel pipes to a program that ignores it")
  func limitOfPipes() {
    let apport = CorePattern("|/usr/share/apport/apport %p", addsPID: false)
    #expect(problems(CoreDumpFacts(softLimit: 0, pattern: apport, handlerIsExecutable: true)).isEmpty)
    #expect(problems(CoreDumpFacts(softLimit: 0, pattern: systemd, handlerIsExecutable: true)).count == 1)
  }

  @Test(
    "explains every state of the pattern",
    arguments: [
      ("", CoreDumpFacts.FolderState.writable, nil, "the pattern is empty"),
      ("/no/such/core.%p", .missing, nil, "which does not exist"),
      ("/root/core.%p", .notWritable, nil, "which you may not write to"),
      ("core", .notWritable, nil, "which you may not write to"),
      ("|/no/such/handler", .writable, false, "which is not there"),
    ] as [(String, CoreDumpFacts.FolderState, Bool?, String)])
  func pattern(text: String, folder: CoreDumpFacts.FolderState, handler: Bool?, says: String) {
    let found = problems(
      CoreDumpFacts(pattern: CorePattern(text, addsPID: false), folder: folder, handlerIsExecutable: handler))
    #expect(found.count == 1)
    #expect(found.first?.explanation.contains(says) == true)
    #expect(found.first?.remedies.isEmpty == false)
  }

  @Test("knows that a handler runs on the host and not in a container, and that systemd may throw cores away")
  func handlers() {
    #expect(
      problems(CoreDumpFacts(pattern: systemd, handlerIsExecutable: true, container: "/.dockerenv")).first?.explanation
        .contains("on the host") == true)
    #expect(
      problems(CoreDumpFacts(pattern: systemd, handlerIsExecutable: true, systemdStorage: "none")).first?.explanation
        .contains("Storage=none") == true)
  }

  @Test("says what a core filter leaves out", arguments: [(0x33, 0), (0x32, 1), (0x23, 1), (0, 1)] as [(UInt64, Int)])
  func filter(filter: UInt64, count: Int) {
    #expect(problems(CoreDumpFacts(pattern: relative, filter: filter)).count == count)
  }

  @Test("says that suid_dumpable 2 and a relative pattern do not go together")
  func setUserID() {
    #expect(problems(CoreDumpFacts(pattern: relative, setUserIDDumpable: 2)).map(\.name) == ["suid_dumpable"])
    let absolute = CorePattern("/var/cores/core.%p", addsPID: false)
    #expect(problems(CoreDumpFacts(pattern: absolute, setUserIDDumpable: 2)).isEmpty)
  }
}
