import Bytes
import Heaps
import Machine
import ModuleFiles
import Targets
import TestSupport
import Testing

@Suite("A heap gone through from end to end")
struct HeapCheckTests {
  /// The heap of a fixture, found without any symbol.
  private static func heap(
    _ source: String, _ arguments: [String], with compiler: [String] = ["gcc", "-O1", "-g", "-w"]
  )
    throws -> (target: CoreTarget, heap: MallocHeap)
  {
    let program = try Fixture.compile(source, with: compiler, after: ["-lpthread"])
    let target = try CoreTarget(path: try Fixture.core(of: [program] + arguments), search: SearchPaths())
    let library = target.modules.firstIndex { $0.name.hasPrefix("libc.so") } ?? 0
    return (target, MallocHeap(target, library: library, mainArena: nil))
  }

  @Test(
    "agrees with malloc's own account to the byte",
    arguments: [["gcc", "-O1", "-g"], ["gcc", "-O1", "-g", "-static"]])
  func agreement(compiler: [String]) throws {
    let (target, heap) = try Self.heap("heap_large.c", ["16"], with: compiler)
    let check = heap.check()
    #expect(check.problems.isEmpty && check.isWhole && heap.areCachesKnown)
    let main = try #require(check.arenas.first)
    #expect(main.source == .mainArena && check.arenas.count == 1)
    // struct mallinfo2: arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost; ten
    // words, of which the first is system_mem, found by that and by what follows from it.
    let system = try #require(main.systemMemory)
    let found = target.mappings.filter { $0.permissions == [.read, .write] && $0.use != .heap }.contains { mapping in
      let bytes = target.memory.readPrefix(mapping.start, Int(min(mapping.size, 1 << 20)))
      return stride(from: 0, to: bytes.count - 79, by: 8).contains { offset in
        func word(_ number: Int) -> UInt64 { bytes.load(UInt64.self, at: offset + 8 * number) ?? 0 }
        return word(0) == system && word(9) == main.top && word(8) == main.free.bytes + main.top + word(6)
          && word(7) == main.used.bytes + main.cached.bytes - word(6) + (system - sum(main))
          && word(1) == UInt64(main.free.chunks) + 1
      }
    }
    #expect(found, "\(main)")
  }

  private func sum(_ totals: ArenaTotals) -> UInt64 {
    totals.used.bytes + totals.cached.bytes + totals.free.bytes + totals.top
  }

  @Test("ends, and tells the list, where links lead in circles", arguments: ["tcache-cycle", "fastbin-cycle"])
  func cycles(mode: String) throws {
    let (_, heap) = try Self.heap("heap_faults.c", [mode])
    let problems = heap.check().problems
    #expect(problems.count == 1)
    #expect(!heap.areCachesKnown)
    guard case .brokenCache(let list, _) = problems.first?.reason else {
      Issue.record("\(problems)")
      return
    }
    switch list {
    case .threadCache(_, let size): #expect(mode == "tcache-cycle" && size == 0x30)
    case .fastBin(let size): #expect(mode == "fastbin-cycle" && size == 0x30)
    default: Issue.record("\(list)")
    }
  }

  @Test("tells a free chunk whose neighbours in its list do not lead back")
  func links() throws {
    let problems = try Self.heap("heap_faults.c", ["bin-links"]).heap.check().problems
    #expect(problems.count == 1)
    guard case .brokenLink = problems.first?.reason else {
      Issue.record("\(problems)")
      return
    }
  }

  @Test("tells one byte that was written behind a block, and the block")
  func oneByte() throws {
    let problem = try #require(try Self.heap("heap_faults.c", ["one-byte"]).heap.check().problems.first)
    guard case .previousSize(_, let actual) = problem.reason else {
      Issue.record("\(problem)")
      return
    }
    #expect(actual == 0x20)
    #expect(problem.before?.userSize == 24 && problem.before?.userEnd == problem.address + 8)
  }

  @Test("finds nothing wrong with the heap of a Python that nobody prepared, in which two threads raced")
  func realProgram() throws {
    let target = try CoreTarget(path: try Fixture.pythonRaceCore(), search: SearchPaths())
    let library = target.modules.firstIndex { $0.name.hasPrefix("libc.so") }
    let heap = MallocHeap(target, library: library, mainArena: nil)
    let problems = heap.check().problems
    #expect(heap.mainArena != nil && problems.isEmpty, "\(problems)")
  }
}
