import Testing

@testable import SystemCalls

@Suite struct HostileMemoryTests {
  /// Every call of both architectures, with arguments that lie, over memory that repeats any pattern: nothing traps, and
  /// nothing grows beyond its bounds.
  @Test(arguments: [CallTable.x86_64, CallTable.aarch64])
  func noArgumentsCanHurt(table: CallTable) {
    let values: [UInt64] = [0, 1, 5, 0x1000, 0x1ff8, 0x7fff_ffff, 0x8000_0000, .max, .max - 7, 1 << 63]
    var memory = FakeMemory()
    for pattern in [0x00, 0x41, 0xff] as [UInt8] {
      memory.runs = [
        (0x1000, [UInt8](repeating: pattern, count: 4096)), (0, [0]),
        (.max - 15, [UInt8](repeating: pattern, count: 16)),
      ]
      for call in table.all {
        for (index, value) in values.enumerated() {
          let arguments = (0..<6).map { $0 == index % 6 ? value : values[(index + $0) % values.count] }
          for outcome in [.value(0), .value(.max), .value(-1), .value(.min), .failed(errno: 4095), .unfinished]
            as [CallOutcome]
          {
            let text = decoded(call.signature.name, arguments, outcome, memory, on: table)
            #expect(text.utf8.count < 200_000)
          }
        }
      }
    }
  }

  @Test func copiesThatAreNotThereAreAddresses() {
    #expect(decoded("openat", [negative(-100), 0x1000, 0], .value(3)) == "openat(AT_FDCWD, 0x1000, O_RDONLY) = 3")
    #expect(
      decoded("openat", [negative(-100), 0, 0], .failed(errno: 14)).hasPrefix("openat(AT_FDCWD, NULL, O_RDONLY)"))
  }

  /// A list of addresses that leads to itself, and a count beyond all bounds.
  @Test func listsThatLeadToThemselvesEnd() {
    var memory = FakeMemory()
    memory.put([UInt8](repeating: 0, count: 0) + (0..<64).flatMap { _ in words(0x1000, .max) }, at: 0x1000)
    let text = decoded("writev", [1, 0x1000, .max], .value(.max), memory)
    #expect(text.hasPrefix("writev(1, [{"))
    #expect(text.contains("more]"))
    #expect(decoded("execve", [0x1000, 0x1000, 0x1000], .value(0), memory).utf8.count < 5000)
  }

  @Test func piecesThatLieOutsideAreNotRead() {
    let memory = CapturedMemory(
      bytes: [1, 2, 3],
      pieces: [
        .init(address: 0, offset: 2, count: 9, moment: .entry), .init(address: 0, offset: -1, count: 2, moment: .entry),
      ][...])
    let read = memory.read(0, 9, .entry)
    #expect(read.isEmpty)
  }
}
