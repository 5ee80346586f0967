import Bytes
import Diagnosis
import ModuleFiles
import Targets
import TestSupport
import Testing

@Suite("The search for the input in memory that is hostile")
struct HostileClueTests {
  private static let base: UInt64 = 0x7f00_0000_0000
  private static let size = 0x10_0000

  /// The clues in a core with one mapping of these bytes, which is stack and heap at once.
  private func clues(_ contents: [UInt8], registers: [String: UInt64] = [:]) throws -> [Clue] {
    var core = CoreWriter()
    var all: [String: UInt64] = ["rip": 1, "rsp": Self.base, "rbp": Self.base + 0x100]
    all.merge(registers) { $1 }
    core.addThread(1, signal: 11, registers: all)
    core.addMemory(Self.base, contents)
    let target = try CoreTarget(
      ByteView(core.bytes()), finder: FileFinder(SearchPaths(systemRoots: ["/nonexistent"])))
    return Investigation(target: target, finder: target.finder).clues().clues
  }

  private func words(_ word: (Int) -> UInt64) -> [UInt8] {
    var writer = ByteWriter()
    for index in 0..<(Self.size / 8) { writer.append(word(index)) }
    return writer.bytes
  }

  @Test(
    "ends in time, whatever points to whatever",
    arguments: [
      { _ in base }, { base &+ UInt64($0 * 8) }, { base &+ UInt64(($0 * 2_654_435_761) % size) },
      { base &+ UInt64(($0 * 48 + 8) % size) }, { $0 % 2 == 0 ? base &+ UInt64($0 * 64 % size) : UInt64.max },
      { $0 % 2 == 0 ? base &+ UInt64($0 * 64 % size) : UInt64($0) },
      { base &+ UInt64(size) &- UInt64($0 % 16) }, { _ in 0x4141_4141_4141_4141 },
      { $0 % 64 == 0 ? base &+ UInt64($0 * 8 + 1) : 0x6161_612f_6161_612e },
    ] as [@Sendable (Int) -> UInt64])
  func endless(word: @Sendable (Int) -> UInt64) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let clues = try clues(words(word))
    #expect(clock.now - start < .seconds(20))
    #expect(clues.count <= 32)
    for clue in clues { #expect(clue.text.utf8.count <= 4096) }
  }

  @Test("finds texts at the very end of memory, and none beyond it")
  func atTheEnd() throws {
    var contents = words { $0 == 0 ? Self.base &+ UInt64(Self.size) &- 14 : 0 }
    let text = Array("deep/forest.rs".utf8)
    contents.replaceSubrange((contents.count - text.count)..., with: text)
    // No zero ends it, and no length: it may go on in memory that was not dumped.
    #expect(try clues(contents).isEmpty)
    // A length beside the pointer does.
    contents[8] = UInt8(text.count)
    let found = try clues(contents, registers: ["rdi": Self.base &+ UInt64(Self.size)])
    #expect(found.first?.text == "deep/forest.rs")
    #expect(found.first?.address == Self.base &+ UInt64(Self.size - text.count))
  }

  @Test("believes no length that is longer than the text, and takes no text for one that is not UTF-8")
  func lengths() throws {
    var contents = words { $0 == 0 ? Self.base &+ 0x1000 : $0 == 1 ? .max : 0 }
    let text = Array("deep/forest.rs".utf8) + [0]
    contents.replaceSubrange(0x1000..<(0x1000 + text.count), with: text)
    #expect(try clues(contents).first?.text == "deep/forest.rs")
    contents[0x1003] = 0xff
    #expect(try clues(contents).isEmpty)
  }

  @Test(
    "shows no control characters, formats, or several paths in one, as a path",
    arguments: [
      "deep/\u{1b}[31mforest.rs", "deep/%s/forest.rs", "/usr/a.rs:/usr/b.rs", "cannot open deep/forest.rs",
      "deep/forest.rs: gone",
      "deep/forest.rs;deep/other.rs", "a=deep/forest.rs", "https//", "text/html", "1/2", "deep/forest/",
    ])
  func noPaths(text: String) throws {
    var contents = words { $0 == 0 ? Self.base &+ 0x1000 : 0 }
    let bytes = Array(text.utf8) + [0]
    contents.replaceSubrange(0x1000..<(0x1000 + bytes.count), with: bytes)
    #expect(try clues(contents).isEmpty)
  }

  @Test(
    "tells statements and requests from sentences that begin alike",
    arguments: [
      ("SELECT a, b FROM t WHERE c = 1", TextKind.sql), ("insert into t values (1)", .sql),
      ("UPDATE t SET a = 1", .sql), ("WITH x AS (SELECT 1) SELECT * FROM x", .sql),
      ("GET /index.html HTTP/1.1", .httpRequest), ("OPTIONS * HTTP/1.0", .httpRequest),
      ("update the cache when set", nil), ("select a file from the list", nil), ("GET READY", nil),
      ("with a grain of salt", nil), ("GET /index.html", nil),
      ("\"GET /index.html HTTP/1.1\" 200", nil), ("create table tops", nil), ("SELECT %s FROM t", nil),
    ] as [(String, TextKind?)])
  func sentences(text: String, kind: TextKind?) throws {
    var contents = words { $0 == 0 ? Self.base &+ 0x1000 : 0 }
    let bytes = Array(text.utf8) + [0]
    contents.replaceSubrange(0x1000..<(0x1000 + bytes.count), with: bytes)
    #expect(try clues(contents).first?.kind == kind)
  }
}
