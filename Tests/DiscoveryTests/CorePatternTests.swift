import Testing

@testable import Discovery

@Suite("core_pattern")
struct CorePatternTests {
  @Test(
    "becomes names with gaps",
    arguments: [
      ("core", "core", true), ("core", "core.1", false), ("core.%p", "core.59530", true),
      ("core.%p", "core.", true), ("core.%p", "xcore.1", false), ("%e.%p.core", "rustc.12.core", true),
      ("%e.%p.core", "rustc.12.cor", false), ("100%%.%p", "100%.7", true), ("100%%.%p", "100x.7", false),
      ("core-%e-%p-", "core-a-b-1-", true), ("core%", "core", true), ("ab%pab", "ab", false), ("%p", "anything", true),
    ])
  func globs(template: String, name: String, fits: Bool) {
    #expect(CorePattern.glob(template).matches(name) == fits)
  }

  @Test("tells files, programs, sockets and nothing apart")
  func kinds() {
    #expect(CorePattern("core\n", addsPID: true).kind == .file(template: "core.%p"))
    #expect(CorePattern("core.%p", addsPID: true).kind == .file(template: "core.%p"))
    #expect(
      CorePattern("|/usr/lib/systemd/systemd-coredump %P %u", addsPID: false).kind
        == .pipe(program: "/usr/lib/systemd/systemd-coredump"))
    #expect(CorePattern("@/run/coredump.socket", addsPID: false).kind == .socket(path: "/run/coredump.socket"))
    #expect(CorePattern("", addsPID: false).kind == .none)
    #expect(CorePattern("", addsPID: true).kind == .file(template: ".%p"))
  }

  @Test(
    "names the folder as far as it is fixed",
    arguments: [
      ("core", "."), ("/var/cores/core.%p", "/var/cores"), ("/var/cores/%h/core", "/var/cores"), ("/core", "/"),
      ("sub/core", "sub"),
    ])
  func folders(template: String, folder: String) {
    #expect(CorePattern(template, addsPID: false).fixedFolder == folder)
  }
}
