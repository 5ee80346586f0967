import Foundation
import TestSupport
import Testing

/// A small core with bytes changed or cut off, many times, always the same ones: each time there is a report or a
/// clear error, never a trap, a hang, or memory without bound.
@Suite("A damaged core")
struct DamagedCoreTests {
  /// What is damaged: the smallest core there is, with the program's file at hand and all its tables.
  static func smallCore(_ options: [String] = []) throws -> Data {
    let program = try Fixture.compile(
      "freestanding_crash.c", with: ["gcc", "-g", "-O1", "-nostdlib", "-static"] + options)
    return try Data(contentsOf: URL(fileURLWithPath: Fixture.keptCore(of: [program])))
  }

  /// Numbers that look random and are the same in every run (SplitMix64).
  struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var number = state
      number = (number ^ (number >> 30)) &* 0xbf58_476d_1ce4_e5b9
      number = (number ^ (number >> 27)) &* 0x94d0_49bb_1331_11eb
      return number ^ (number >> 31)
    }
  }

  enum Damage: CaseIterable {
    /// A few bytes anywhere.
    case bytes
    /// A word in the headers and notes becomes a number that is hard to add to.
    case words
    case cut

    func inflict(on core: Data, _ numbers: inout Numbers) -> Data {
      var core = core
      // Headers and notes: what everything else is found by.
      let head = min(core.count, 8192)
      switch self {
      case .bytes:
        for _ in 0..<Int.random(in: 1...16, using: &numbers) {
          let reach = Bool.random(using: &numbers) ? head : core.count
          core[Int.random(in: 0..<reach, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
        }
      case .words:
        for _ in 0..<Int.random(in: 1...4, using: &numbers) {
          let place = Int.random(in: 2..<(head / 8), using: &numbers) * 8
          let word: UInt64 =
            [
              0, 1, .max, .max >> 1, 1 << 63, .max - 4095, 1 << 47, UInt64(core.count),
              .random(in: 0 ... .max, using: &numbers),
            ]
            .randomElement(using: &numbers) ?? 0
          withUnsafeBytes(of: word.littleEndian) { core.replaceSubrange(place..<place + 8, with: $0) }
        }
      case .cut:
        core = core.prefix(Int.random(in: 0..<core.count, using: &numbers))
      }
      return core
    }
  }

  /// Exit statuses that `inquest core` documents for a file that is there.
  static let documented: Set<Int32> = [0, 1, 2]

  @Test(
    "gives a report or a clear error, in bounded time and memory",
    arguments: Damage.allCases.flatMap { damage in (0..<8).map { (damage, UInt64($0)) } })
  func damaged(_ damage: Damage, _ seed: UInt64) throws {
    let core = try Self.smallCore(seed % 2 == 0 ? [] : ["-DRECURSION"])
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    var numbers = Numbers(state: seed &* 1000)
    for turn in 0..<12 {
      let path = folder + "/core-\(turn)"
      try damage.inflict(on: core, &numbers).write(to: URL(fileURLWithPath: path))
      // 200 MB of memory of its own, besides mapped files. The time is for a debug build on a busy machine.
      let outcome = try run(
        [
          "sh", "-c", "ulimit -c 0; ulimit -d 204800; exec \"$@\"", "sh", CommandLine.executable, "core", "--json",
          path,
        ],
        timeout: 30)
      let kept = Fixture.packageRoot + "/.build/damaged-\(damage)-\(seed)-\(turn)"
      guard outcome.signal == nil, Self.documented.contains(outcome.status) else {
        remove(kept)
        try FileManager.default.copyItem(atPath: path, toPath: kept)
        Issue.record(
          "ended with \(outcome.status), signal \(outcome.signal ?? 0): \(kept)\n\(outcome.errors.prefix(2000))")
        continue
      }
      if outcome.status == 2 {
        #expect(!outcome.errors.isEmpty, "an error that says nothing: \(damage), seed \(seed), turn \(turn)")
      } else {
        #expect(throws: Never.self, "no JSON: \(damage), seed \(seed), turn \(turn)") {
          try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        }
      }
    }
  }

  @Test("is read as it is where nothing was changed")
  func whole() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try Self.smallCore().write(to: URL(fileURLWithPath: folder + "/core"))
    let outcome = try CommandLine.inquest("core", folder + "/core")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("freestanding_crash.c:"))
  }
}
