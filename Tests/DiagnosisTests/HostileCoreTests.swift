import Bytes
import Diagnosis
import ModuleFiles
import Targets
import Testing
import TestSupport

@Suite struct HostileCoreTests {
  /// A generator of the same numbers each time (Numerical Recipes' constants).
  struct Numbers {
    var state: UInt64
    mutating func next(below limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(truncatingIfNeeded: state >> 33) % max(limit, 1)
    }
  }

  @Test(
    "a core with any bytes changed or cut gets verdicts or none, and never a trap",
    arguments: [
      ("memory_faults.c", "non-canonical"), ("stack_exhaustion.c", "thread"), ("stack_exhaustion.c", "handler-aborts"),
      ("environment_near_misses.c", "bad-entry"), ("aborts.c", "double-free"),
    ])
  func mutated(_ source: String, _ mode: String) throws {
    let program = try Fixture.compile(source, with: ["gcc", "-O1", "-w"], after: ["-lpthread"])
    let core = try MappedFile(path: try Fixture.core(of: [program, mode]))
    let finder = FileFinder()
    let original = ByteView(core).array
    var numbers = Numbers(state: 20)
    var opened = 0
    for round in 0..<40 {
      var bytes = original
      // Most changes go where structures are: the headers and notes at the front, and the stack at the end.
      for _ in 0..<(1 + numbers.next(below: 40)) {
        let zone = numbers.next(below: 3)
        let size = zone == 0 ? 4096 : zone == 1 ? min(bytes.count, 16_384) : bytes.count
        let position = zone == 2 ? numbers.next(below: size) : numbers.next(below: min(size, bytes.count))
        let values: [UInt8] = [0, 0xff, 0x7f, 0x80, UInt8(truncatingIfNeeded: numbers.next(below: 256))]
        bytes[position] = values[numbers.next(below: values.count)]
      }
      if round % 5 == 4 { bytes.removeLast(numbers.next(below: bytes.count)) }
      do throws(CoreError) {
        let target = try CoreTarget(ByteView(bytes), finder: finder)
        opened += 1
        let investigation = Investigation(target: target, finder: finder)
        for finding in investigation.diagnose() { #expect(!finding.statement.isEmpty) }
        #expect(investigation.nextSteps().allSatisfy { !$0.isEmpty })
      } catch {
        // A clear error is as good as a report.
        continue
      }
    }
    #expect(opened > 10, "too few of the changed cores could be opened to say anything")
  }

  @Test("a deep recursion whose registers are anything at all is no trap")
  func registers() throws {
    let program = try Fixture.compile("memory_faults.c", with: ["gcc", "-O1", "-w"], after: ["-lpthread"])
    let core = try MappedFile(path: try Fixture.core(of: [program, "null-read"]))
    let original = ByteView(core).array
    let finder = FileFinder()
    let values: [UInt64] = [0, 1, 8, .max, .max - 7, 1 << 63, 1 << 47, 0x7fff_ffff_f000, 0xffff_ffff_ff60_0000]
    // pr_reg of the first NT_PRSTATUS: 112 bytes into its descriptor; the stack pointer is the 20th of its words, rip
    // the 17th, rbp the 5th.
    let note = try #require(firstStatus(original))
    for register in [4, 16, 19, 14] {
      for value in values {
        var bytes = original
        let at = note + 112 + register * 8
        for index in 0..<8 { bytes[at + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
        let investigation = Investigation(target: try CoreTarget(ByteView(bytes), finder: finder), finder: finder)
        for finding in investigation.diagnose() { #expect(!finding.evidence.isEmpty) }
      }
    }
  }

  /// Where the descriptor of the first note "CORE" of type 1 lies.
  private func firstStatus(_ bytes: [UInt8]) -> Int? {
    let wanted: [UInt8] = [5, 0, 0, 0, 0x50, 1, 0, 0, 1, 0, 0, 0] + Array("CORE".utf8)
    return (0..<min(bytes.count, 65_536)).first { bytes[$0...].starts(with: wanted) }.map { $0 + 20 }
  }
}
