import Bytes
import Diagnosis
import Heaps
import Machine
import ModuleFiles
import Targets
import TestSupport
import Testing

@Suite("The chunk of malloc's that an address lies in")
struct HeapChunkTests {
  /// An investigation of `heap_chunks.c`, and where its pointers point.
  private struct Heaps {
    let investigation: Investigation
    let pointers: [String: UInt64]

    static let names = [
      "small", "large", "freed", "cached", "behind", "last", "mapped", "aligned", "top", "other", "thread_small",
      "thread_freed", "thread_header", "thread_second_heap",
    ]

    init(_ mode: String, with compiler: [String] = ["gcc"]) throws {
      let program = try Fixture.compile(
        "heap_chunks.c", with: compiler + ["-g", "-Wno-free-nonheap-object"], after: ["-lpthread"])
      if compiler[0].hasPrefix("aarch64") {
        let search = SearchPaths(systemRoots: [Fixture.aarch64SystemRoot])
        investigation = try investigate(Fixture.guestCore(of: [program, mode]), search: search)
      } else {
        investigation = try investigate(Fixture.core(of: [program, mode]))
      }
      let addresses = investigation.names.addresses(ofSymbols: Self.names, inModule: 0)
      let memory = investigation.target.memory
      pointers = addresses.compactMapValues { memory.word(at: $0) }
    }

    func pointer(_ name: String) throws -> UInt64 { try #require(pointers[name]) }
    func chunk(_ name: String, plus offset: Int64 = 0) throws -> HeapChunk? {
      investigation.heapChunk(containing: try pointer(name) &+ UInt64(bitPattern: offset))
    }
  }

  @Test(
    "is found with its size and who has it, of every kind of heap",
    arguments: [["gcc"], ["gcc", "-static"], ["aarch64-linux-gnu-gcc"]])
  func kinds(compiler: [String]) throws {
    let heaps = try Heaps("whole", with: compiler)
    // qemu's cores do not tell where threads keep their data, and so not all caches are found.
    let used: HeapChunk.State = compiler[0].hasPrefix("aarch64") ? .usedOrCached : .used
    /// The rounding of requests: 8 bytes of header, to a multiple of 16.
    for (name, size, state) in [
      ("small", 24, used), ("large", 1000, used), ("behind", 200, used),
      ("freed", 2008, .free), ("cached", 56, .cached), ("last", 312, used),
    ] as [(String, UInt64, HeapChunk.State)] {
      let chunk = try #require(try heaps.chunk(name), "\(name)")
      #expect(chunk.userStart == (try heaps.pointer(name)), "\(name)")
      #expect(chunk.userSize == size, "\(name)")
      #expect(chunk.state == state, "\(name)")
      #expect(chunk.source == .mainArena, "\(name)")
    }
    for (name, size, state) in [
      ("thread_small", 104, used), ("thread_freed", 3000, .free),
      ("thread_second_heap", 102_408, used),
    ] as [(String, UInt64, HeapChunk.State)] {
      let chunk = try #require(try heaps.chunk(name, plus: 7), "\(name)")
      #expect(chunk.userStart == (try heaps.pointer(name)), "\(name)")
      #expect(chunk.offset(of: try heaps.pointer(name) + 7) == 7)
      #expect(chunk.userSize == size, "\(name)")
      #expect(chunk.state == state, "\(name)")
      guard case .threadArena(let arena) = chunk.source else {
        Issue.record("\(name) is of \(chunk.source)")
        continue
      }
      #expect(arena >> 26 == (try heaps.pointer("thread_small")) >> 26)
    }
    #expect(try heaps.pointer("thread_second_heap") >> 26 != heaps.pointer("thread_small") >> 26)
    for name in ["mapped", "aligned"] {
      let chunk = try #require(try heaps.chunk(name, plus: 0x8000), "\(name)")
      #expect(chunk.userStart == (try heaps.pointer(name)), "\(name)")
      #expect(chunk.userSize >= 1 << 20 && chunk.userSize < 1 << 20 + 1 << 17, "\(name)")
      #expect(chunk.source == .mapping && chunk.state == .used)
    }
    #expect(try heaps.chunk("top")?.state == .top)
  }

  @Test("holds its last word, which lies in the next one's header, while it is used")
  func lastWord() throws {
    let heaps = try Heaps("whole")
    #expect(try heaps.chunk("small", plus: 23)?.userStart == (try heaps.pointer("small")))
    #expect(try heaps.chunk("small", plus: 24)?.userStart != (try heaps.pointer("small")))
    // A free chunk's last word is its size.
    #expect(try heaps.chunk("freed", plus: 2008 - 9)?.userStart == (try heaps.pointer("freed")))
    let behind = try #require(try heaps.chunk("freed", plus: 2008 - 8))
    #expect(behind.userStart == (try heaps.pointer("behind")))
    #expect(behind.offset(of: try heaps.pointer("freed") + 2008 - 8) == nil)
  }

  @Test(
    "is not found where malloc has none",
    arguments: ["thread_header", "other"])
  func nowhere(name: String) throws {
    let heaps = try Heaps("whole")
    #expect(try heaps.chunk(name) == nil)
    #expect(heaps.investigation.heapChunk(containing: 0) == nil)
    #expect(heaps.investigation.heapChunk(containing: .max) == nil)
    let thread = try #require(heaps.investigation.target.signalledThread)
    #expect(heaps.investigation.heapChunk(containing: thread.registers.stackPointer(.x86_64) ?? 0) == nil)
  }

  @Test("is not found from the one on whose follower's header was overwritten")
  func overwritten() throws {
    let heaps = try Heaps("overwritten")
    #expect(try heaps.chunk("small")?.userSize == 24)
    for name in ["large", "freed", "behind", "last", "top"] { #expect(try heaps.chunk(name) == nil, "\(name)") }
    // Other heaps are as they were.
    #expect(try heaps.chunk("thread_small")?.userSize == 104)
  }

  @Test("of musl's, whose headers are others, is never told", arguments: [["musl-gcc"], ["musl-gcc", "-static"]])
  func musl(compiler: [String]) throws {
    let heaps = try Heaps("whole", with: compiler)
    #expect(heaps.pointers.count == Heaps.names.count)
    for (name, address) in heaps.pointers {
      #expect(heaps.investigation.heapChunk(containing: address) == nil, "\(name)")
    }
  }

  @Test("is found or not, without a trap, whatever stands in the headers", arguments: 0..<4 as Range<UInt64>)
  func hostile(seed: UInt64) throws {
    let base: UInt64 = 0x7f00_0000_0000
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    func random() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
    let words: [UInt64] = [
      0, 1, 2, 0x21, 0x25, 0x31, 0x291, 0x1002, 0x2002, 0x3000, 0x4000, base + 48, base + 32, base, .max, 1 << 63,
    ]
    for _ in 0..<50 {
      var core = CoreWriter()
      core.addThread(1, signal: 11, registers: ["rip": 1, "rsp": 1])
      // A thread arena's heap with a true header or none, a mapping like malloc's, and one at the end of all.
      for (start, isArena) in [(base, true), (base + 0x100_0000, false), (0xffff_ffff_ffff_b000, false)] {
        var contents = ByteWriter()
        if isArena { for word in [base + 48, 0, 0x4000, 0x4000] as [UInt64] { contents.append(word) } }
        while contents.count < 0x4000 { contents.append(words[Int(random() % UInt64(words.count))]) }
        core.addMemory(start, contents.bytes)
      }
      let target = try CoreTarget(
        ByteView(core.bytes()), finder: FileFinder(SearchPaths(systemRoots: ["/nonexistent"])))
      let investigation = Investigation(target: target, finder: target.finder)
      for mapping in target.mappings {
        for _ in 0..<8 {
          let address = mapping.start + random() % mapping.size
          guard let chunk = investigation.heapChunk(containing: address) else { continue }
          #expect(mapping.contains(chunk.start) && chunk.size <= mapping.end - chunk.start)
          #expect(address >= chunk.start && address - chunk.start < chunk.size + 8)
        }
      }
    }
  }
}
