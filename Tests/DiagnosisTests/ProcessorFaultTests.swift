import Diagnosis
import Foundation
import Testing
import TestSupport

@Suite struct ProcessorFaultTests {
  static func fault(
    _ mode: String, _ hazard: Hazard, _ certainty: Certainty = .proved, says: [String] = [], shows: [String] = []
  ) -> Case {
    Case(source: "processor_faults.c", mode: mode, hazard: hazard, certainty: certainty, says: says, shows: shows)
  }

  static let cases: [Case] = [
    fault("trap", .compilerTrap, says: ["main"], shows: ["ud2"]),
    fault("illegal", .illegalInstruction, .likely),
    fault("privileged", .illegalInstruction, says: ["hlt"]),
    fault("int3", .compilerTrap, says: ["breakpoint"], shows: ["int3"]),
    fault("division", .divisionByZero, says: ["divided by zero"], shows: ["is 0"]),
    fault("overflow", .divisionOverflow, says: ["divided by -1"], shows: ["is -1"]),
    fault("forbidden", .forbiddenSystemCall, says: ["forbids getppid"], shows: ["called from main"]),
    fault("killed", .signalFromOutside, says: ["SIGQUIT was sent by process"]),
    fault("processor-time", .signalFromKernel, says: ["SIGXCPU", "its limit of processor time"]),
    fault("raised", .ownSignal, says: ["SIGQUIT to itself, from main"]),
  ]

  static let within: [Case] = [
    ("timer", Hazard.ownSignal, ["SIGQUIT came because a timer"]),
    ("other-thread", .ownSignal, ["sent SIGQUIT to itself, but not from where", "another thread did"]),
    ("handler-aborts", .nullDereference, ["is null"]),
    ("handler-raises", .ownSignal, ["from report_and_kill", "It did so in a signal handler"]),
    ("own-handled", .nullDereference, ["is null"]),
    ("outside-handled", .signalFromOutside, ["SIGSEGV was sent by process"]),
    ("float", .floatingPointException, ["a division by zero", "enabled"]), ("int-3", .compilerTrap, ["breakpoint"]),
    ("int-1", .compilerTrap, ["breakpoint"]),
    ("int-0x42", .illegalInstruction, ["int is an instruction for the kernel"]),
  ].map { mode, hazard, says in
    Case(
      source: "signals_within.c", mode: mode, compiler: ["gcc", "-O0", "-g", "-w"], after: ["-lpthread", "-lm"],
      hazard: hazard, says: says)
  }

  @Test("what a process does to itself is not laid at another's door", arguments: within)
  func ownSignals(_ example: Case) throws { try example.check() }

  @Test("what a handler sent is not laid at the door of what it interrupted")
  func tailCallInHandler() throws {
    let program = try Fixture.compile(
      "signals_within.c", with: ["gcc", "-O2", "-g", "-w"], after: ["-lpthread", "-lm"])
    let findings = try investigate(try Fixture.core(of: [program, "handler-raises"])).diagnose()
    let finding = try #require(findings.first)
    #expect(finding.hazard == .ownSignal, "\(finding.summary)")
    #expect(finding.statement.contains("It did so in a signal handler"), "\(finding.summary)")
    #expect(!finding.statement.contains("from main") && !finding.statement.contains("restore"), "\(finding.summary)")
  }

  @Test("the core of an emulator is told from that of its guest", .enabled(if: Fixture.has("qemu-aarch64")))
  func emulator() throws {
    let program = try Fixture.compile("memory_faults.c", with: Fixture.aarch64 + ["-O1", "-w"], after: ["-lpthread"])
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    _ = try Fixture.core(of: ["qemu-aarch64", "-L", Fixture.aarch64SystemRoot, program, "null-read"], in: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    // Where the kernel gives cores to somebody else there is only the guest's.
    guard let name = names.first(where: { $0.contains("core") && !$0.hasPrefix("qemu_") }) else { return }
    let finding = try #require(try investigate(folder + "/" + name).diagnose().first)
    #expect(finding.remedies.contains { $0.contains("the core of the emulator") }, "\(finding.summary)")
  }

  @Test("a fault of the processor, or a signal that was sent, is named for what it is", arguments: cases)
  func faults(_ example: Case) throws { try example.check() }

  @Test(
    "the check of the sanitizer is named by the number in its trap",
    arguments: [
      ("add", "an addition overflowed"), ("bounds", "an array index is out of bounds"),
      ("shift", "a shift went beyond the type's width"), ("null", "a null or misaligned pointer was used"),
    ])
  func sanitizer(_ mode: String, _ text: String) throws {
    try Case(
      source: "undefined_behaviour.c", mode: mode,
      compiler: ["clang", "-O1", "-g", "-fsanitize=undefined", "-fsanitize-trap=all"], hazard: .compilerTrap,
      says: [text]
    ).check()
  }
}
