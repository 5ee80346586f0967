import Foundation
import TestSupport
import Testing

@Suite("inquest core --html")
struct PageTests {
  @Test("writes a page with source, code and registers, and prints the text all the same")
  func page() throws {
    let core = try CommandLine.sampleCore()
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let outcome = try CommandLine.inquest("core", core, "--html", folder + "/a page.html")
    #expect(outcome.output == (try CommandLine.inquest("core", core).output))
    #expect(outcome.errors.contains("wrote \(folder)/a page.html, "))
    let html = try String(contentsOfFile: folder + "/a page.html", encoding: .utf8)
    #expect(html.hasPrefix("<!DOCTYPE html>") && html.hasSuffix("</html>\n"))
    // The crashed frame: its line, the faulting instruction's operands, a register; then its caller's call.
    #expect(html.contains("class=\"line current\"><span class=\"number\">24</span> static inline"))
    #expect(html.contains("rax = 0x0; writes 4 bytes at 0x10 (not mapped: the first pages never are): this faulted"))
    #expect(html.contains("<th scope=\"row\">rip</th>"))
    #expect(html.contains("that its callees preserved or saved"))
    #expect(html.contains("--html &#39;\(folder)/a page.html&#39;"), "how it was made")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a page.html"], "nothing is left beside it")
    let mode = try FileManager.default.attributesOfItem(atPath: folder + "/a page.html")[.posixPermissions] as? Int
    #expect(mode.map { $0 & 0o600 } == 0o600)
  }

  @Test("prints the page instead of the text where - is asked for")
  func standardOutput() throws {
    let outcome = try CommandLine.inquest("core", try CommandLine.sampleCore(), "--html", "-")
    #expect(outcome.output.hasPrefix("<!DOCTYPE html>") && outcome.output.hasSuffix("</html>\n"))
    #expect(outcome.status == 0)
    #expect(try CommandLine.inquest("core", "x", "--html", "-", "--json").status == 64)
  }

  @Test("prints JSON beside the page, which keeps to the schema")
  func json() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let outcome = try CommandLine.inquest("core", try CommandLine.sampleCore(), "--json", "--html", folder + "/p.html")
    try Schema.check(outcome.output)
    #expect(outcome.output.contains("\"detail\":{\"registers\":[{"))
  }

  @Test(
    "says why it cannot be written, and leaves what was there",
    arguments: [("", "it is a folder"), ("/none/p.html", "no such file or folder"), ("/pipe", "it is no regular file")])
  func unwritable(name: String, reason: String) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try runChecked(["mkfifo", folder + "/pipe"])
    let outcome = try CommandLine.inquest("core", try CommandLine.sampleCore(), "--html", folder + name)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("cannot write \(folder)\(name): \(reason)"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["pipe"])
  }

  @Test("takes the place of an older page, through a link as well, and of nothing where the disk is full")
  func replaces() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try "old".write(toFile: folder + "/real.html", atomically: false, encoding: .utf8)
    try runChecked(["ln", "-s", "real.html", folder + "/link.html"])
    let core = try CommandLine.sampleCore()
    // A limit on the size of files stands for a full disk.
    let limited = try run(
      [
        "sh", "-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh", CommandLine.executable, "core", core, "--html",
        folder + "/link.html",
      ])
    #expect(limited.status == 2)
    #expect(try String(contentsOfFile: folder + "/real.html", encoding: .utf8) == "old")
    #expect(try CommandLine.inquest("core", core, "--html", folder + "/link.html").status == 0)
    #expect(try String(contentsOfFile: folder + "/real.html", encoding: .utf8).hasSuffix("</html>\n"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["link.html", "real.html"])
  }

  @Test("shows a program's own names as text, whatever they are")
  func hostile() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let program = try Fixture.compile("shows_everything.cpp", with: ["g++", "-O1", "-g", "-pthread"])
    let evil = folder + "/<img src=x onerror=alert(1)>"
    try runChecked(["cp", program, evil])
    let core = try Fixture.core(of: [evil, "</script><script>alert(2)</script>", "\u{202e}\u{1b}]0;x"], in: folder)
    let html = try CommandLine.inquest("core", core, "--html", "-").output
    #expect(html.contains("&lt;img src=x onerror=alert(1)&gt;"))
    #expect(html.contains("&lt;/script&gt;&lt;script&gt;alert(2)"))
    #expect(!html.contains("<img") && !html.contains("<script>alert") && !html.contains("\u{202e}"))
  }
}
