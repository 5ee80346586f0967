import Foundation
import TestSupport
import Testing

@Suite("inquest examine")
struct ExamineCommandTests {
  private func view(_ arguments: String...) throws -> Outcome {
    try run([CommandLine.executable, "examine", CommandLine.sampleCore()] + arguments)
  }

  @Test(
    "prints every view as text and as JSON",
    arguments: [
      (["registers"], "rip  0x"), (["maps"], "stack of thread"), (["stack"], "main at shows_everything.cpp"),
      (["stack", "--all"], "main at shows_everything.cpp"), (["disassemble"], "=>  0x"),
      (["disassemble", "main", "--count", "3"], "main in shows_everything"),
      (["memory", "$sp", "64"], "stack of thread"), (["whatis", "$pc"], "crash"), (["whatis", "remembered"], "symbol"),
      (["modules"], "build-id verified"), (["threads"], "pause"),
      (["strings", "--matching", "inquest remembers .* 4711"], "heap"),
      (["registers", "--frame", "1"], "rbx"),
    ])
  func views(arguments: [String], shows: String) throws {
    let core = try CommandLine.sampleCore()
    let text = try run([CommandLine.executable, "examine", core] + arguments)
    #expect(text.status == 0)
    #expect(text.output.contains(shows), "\(text.output)")
    let json = try run([CommandLine.executable, "examine", core] + arguments + ["--json"])
    #expect(json.status == 0)
    // Strings are printed as they are found, an object a line.
    let documents = arguments[0] == "strings" ? json.output.split(separator: "\n").map(String.init) : [json.output]
    for document in documents {
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(document.utf8)) }
    }
  }

  @Test("names the chunk of malloc's that an address lies in, and what its region is")
  func heapChunks() throws {
    let program = try Fixture.compile(
      "heap_chunks.c", with: ["gcc", "-g", "-Wno-free-nonheap-object"], after: ["-lpthread"])
    let core = try Fixture.keptCore(of: [program])
    for (pointer, words) in [
      ("small", ["24 bytes", "in use;", "8 bytes into it"]), ("freed", ["2,008 bytes", "free, in"]),
      ("cached", ["56 bytes", "free, in the tcache of thread", "bin 0x40"]),
      ("mapped", ["mapped for it alone"]), ("thread_small", ["104 bytes", "heap (thread arena)"]),
    ] {
      // The pointer's own value, from the word at its symbol.
      let word =
        try #require(
          try CommandLine.json("examine", core, "whatis", pointer, "--json") as? [String: Any])["word"] as? String
      let address = try #require(word)
      let text = try CommandLine.inquest("examine", core, "whatis", address + "+8").output
      for word in words { #expect(text.contains(word), "\(text)") }
      let json = try #require(
        try CommandLine.json("examine", core, "whatis", address + "+8", "--json") as? [String: Any])
      let chunk = try #require(json["heapChunk"] as? [String: Any])
      #expect(chunk["userStart"] as? String == address)
      #expect(chunk["offset"] as? Int == 8)
    }
  }

  @Test("shows a heap's totals, that it is consistent, or its first corrupt header with the block before it")
  func heap() throws {
    let program = try Fixture.compile(
      "heap_chunks.c", with: ["gcc", "-g", "-Wno-free-nonheap-object"], after: ["-lpthread"])
    let whole = try Fixture.keptCore(of: [program])
    let text = try CommandLine.inquest("examine", whole, "heap").output
    for word in ["main arena 0x", "thread arena 0x", ", in 2 heaps", "mapped one by one: 2 chunks", "Consistent"] {
      #expect(text.contains(word), "\(text)")
    }
    let json = try #require(try CommandLine.json("examine", whole, "heap", "--json") as? [String: Any])
    #expect(json["allocator"] as? String == "glibc")
    #expect(json["areCachesKnown"] as? Bool == true && json["isWhole"] as? Bool == true)
    #expect((json["problems"] as? [Any])?.isEmpty == true)
    let arenas = try #require(json["arenas"] as? [[String: Any]])
    #expect(arenas.map { $0["source"] as? String } == ["main-arena", "thread-arena"])
    for arena in arenas {
      // What malloc got from the kernel is all there: in chunks, in what is left, and in the marks and headers of heaps.
      let parts = ["used", "cached", "free"].compactMap { (arena[$0] as? [String: Any])?["bytes"] as? Int }
      let sum = parts.reduce(0, +) + (arena["top"] as? Int ?? 0)
      let system = try #require(arena["systemBytes"] as? Int)
      #expect(sum <= system && system - sum < 4096, "\(arena)")
    }
    let overwritten = try Fixture.core(of: [program, "overwritten"])
    let broken = try CommandLine.inquest("examine", overwritten, "heap").output
    for word in [
      "corrupt: the size of the chunk at", "0x4141414141414141", "before it: 1,000 bytes at", "as text: \"AAAAAAAA",
    ] {
      #expect(broken.contains(word), "\(broken)")
    }
  }

  @Test("says plainly that a heap is another allocator's")
  func otherAllocator() throws {
    let program = try Fixture.compile(
      "heap_chunks.c", with: ["musl-gcc", "-g", "-Wno-free-nonheap-object"], after: ["-lpthread"])
    let result = try CommandLine.inquest("examine", try Fixture.core(of: [program]), "heap")
    #expect(result.output.contains("This program has musl"), "\(result.output)")
    #expect(result.output.contains("No heap of glibc's malloc was found."), "\(result.output)")
  }

  @Test("takes the core before or behind the view, and options anywhere")
  func order() throws {
    let core = try CommandLine.sampleCore()
    let expected = try CommandLine.inquest("examine", core, "threads").output
    #expect(try CommandLine.inquest("examine", "threads", core).output == expected)
    #expect(try CommandLine.inquest("examine", "--sysroot", "/", core, "threads").output == expected)
    #expect(try CommandLine.inquest("examine", core, "--sysroot", "/", "threads").output == expected)
    #expect(try CommandLine.inquest("examine", core, "threads", "--sysroot", "/").output == expected)
  }

  @Test(
    "says what is not there",
    arguments: [
      (["stack", "--thread", "1"], "no thread 1"), (["registers", "--frame", "99"], "no frame 99"),
      (["memory", "0x10"], "does not hold the memory at 0x10"), (["whatis", "$nonsense"], "no register nonsense"),
      (["memory", "no_such_symbol"], "no symbol no_such_symbol"),
    ])
  func missing(arguments: [String], says: String) throws {
    let outcome = try run([CommandLine.executable, "examine", CommandLine.sampleCore()] + arguments)
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains(says))
    #expect(outcome.output == "")
  }

  @Test("finds nothing with a status of its own, and refuses an expression that is none")
  func strings() throws {
    #expect(try view("strings", "--matching", "this text is nowhere [0-9]{9}").status == 3)
    #expect(try view("strings", "--matching", "(").status == 64)
  }

  @Test("asks for a view where none is named, and helps with each")
  func usage() throws {
    let outcome = try CommandLine.inquest("examine", "./core.1")
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("Say which view of ./core.1: registers, maps"))
    #expect(try CommandLine.inquest("examine", "./core.1", "whatis", "--help").output.contains("Tell what lies at"))
    #expect(try CommandLine.inquest("examine", "--help").output.contains("inquest examine CORE <view>"))
  }
}
