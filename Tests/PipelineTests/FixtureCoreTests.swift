import Foundation
import TestSupport
import Testing

/// The makers of cores that every other test rests on: where one of them fails, this says so first.
@Suite("A fixture's core")
struct FixtureCoreTests {
  /// e_machine, of an ELF header that says it is a core.
  static func machineOfCore(at path: String) throws -> UInt16? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { file.closeFile() }
    let header = [UInt8](try file.read(upToCount: 20) ?? Data())
    guard header.count == 20, header.starts(with: [0x7f, 0x45, 0x4c, 0x46]), header[16] == 4 else { return nil }
    return UInt16(header[18]) | UInt16(header[19]) << 8
  }

  static let x86_64: UInt16 = 62
  static let aarch64: UInt16 = 183

  @Test("comes of a program that runs as from a shell: no signal is blocked")
  func signals() throws {
    let status = try run(["grep", "SigBlk", "/proc/self/status"]).output
    #expect(status.split(separator: "\t").last == "0000000000000000\n")
  }

  @Test("is written when the program crashes, wherever it runs")
  func crashed() throws {
    let program = try Fixture.compile("write_to_null.c", with: ["gcc", "-g"])
    #expect(try Self.machineOfCore(at: Fixture.core(of: [program])) == Self.x86_64)
    #expect(try Self.machineOfCore(at: Fixture.gdbCore(of: [program])) == Self.x86_64)
  }

  @Test("is taken of a live program")
  func live() throws {
    let program = try Fixture.compile("write_to_null.c", with: ["gcc", "-g"])
    #expect(try Self.machineOfCore(at: Fixture.liveCore(of: [program, "wait"])) == Self.x86_64)
  }

  @Test("is the guest's where the program ran under qemu")
  func guest() throws {
    let program = try Fixture.compile("write_to_null.c", with: Fixture.aarch64)
    let folder = try temporaryDirectory()
    #expect(try Self.machineOfCore(at: Fixture.guestCore(of: [program], in: folder)) == Self.aarch64)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
  }

  @Test("is made once where it is kept")
  func kept() throws {
    let program = try Fixture.compile("write_to_null.c", with: ["gcc", "-g"])
    let first = try Fixture.keptCore(of: [program])
    #expect(try Self.machineOfCore(at: first) == Self.x86_64)
    #expect(try Fixture.keptCore(of: [program]) == first)
    #expect(try Fixture.keptCore(of: [program], environment: ["OTHER": "1"]) != first)
  }

  @Test("is refused of a program that does not crash")
  func survivor() {
    #expect(throws: PreparationError.self) { try Fixture.core(of: ["true"]) }
  }

  @Test("of rustc and of Python is one that nobody wrote for a test")
  func real() throws {
    #expect(try Self.machineOfCore(at: Fixture.rustcParserCore()) == Self.x86_64)
    #expect(try Self.machineOfCore(at: Fixture.rustcSingleFrameCore()) == Self.x86_64)
    #expect(try Self.machineOfCore(at: Fixture.pythonRaceCore()) == Self.x86_64)
  }

  @Test("of a program on stacker's segments is made from Debian's crate")
  func stacker() throws {
    let program = try Fixture.compileWithStacker("stacker_segments.rs")
    #expect(try Self.machineOfCore(at: Fixture.core(of: [program])) == Self.x86_64)
  }
}
