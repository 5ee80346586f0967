import Diagnosis
import ModuleFiles
import Testing
import TestSupport

/// aarch64 programs under qemu, whose guest cores have neither siginfo nor file notes.
@Suite(.enabled(if: Fixture.has("qemu-aarch64") && Fixture.has("aarch64-linux-gnu-gcc")))
struct ArchitectureTests {
  static let cases: [Case] = [
    Case(source: "memory_faults.c", mode: "null-read", hazard: .nullDereference, says: ["x0 is null", "40 bytes"]),
    Case(source: "memory_faults.c", mode: "null-write", hazard: .nullDereference, says: ["writing the field"]),
    Case(source: "memory_faults.c", mode: "null-global", hazard: .nullDereference),
    Case(source: "memory_faults.c", mode: "wild", hazard: .wildAddress, certainty: .likely, says: ["0x123456789028"]),
    Case(source: "memory_faults.c", mode: "null-call", hazard: .badJump, says: ["null function pointer", "call_it"]),
    Case(source: "memory_faults.c", mode: "wild-call", hazard: .badJump, says: ["call_it"]),
    Case(source: "memory_faults.c", mode: "write-constant", hazard: .writeToReadOnly),
    Case(source: "processor_faults.c", mode: "trap", hazard: .compilerTrap),
    Case(source: "stack_exhaustion.c", mode: "main", hazard: .stackExhaustion, certainty: nil, says: ["turns deep"]),
    Case(
      source: "stack_exhaustion.c", mode: "thread", hazard: .stackExhaustion, certainty: nil,
      says: ["turns deep", "a stack that is not the main thread's"]),
    Case(
      source: "stack_exhaustion.c", mode: "thread-huge-frame", hazard: .stackExhaustion, certainty: nil,
      says: ["one_huge_frame", "wants 16 MiB"]),
    Case(
      source: "signals_within.c", mode: "handler-aborts", hazard: .nullDereference, certainty: nil, says: ["is null"]),
    Case(
      source: "pointer_origins.c", mode: "kernel", hazard: .wildAddress, certainty: .likely, says: ["the kernel's half"]
    ),
    Case(
      source: "pointer_origins.c", mode: "list", hazard: .nonCanonicalAddress, says: ["text"],
      shows: ["bits 52 to 55 are not all 0"]),
    Case(source: "aborts.c", mode: "assert", hazard: .assertionFailure, says: ["zero == 1"]),
    Case(
      source: "stack_near_misses.c", mode: "deep-null", hazard: .nullDereference, certainty: nil,
      never: [.stackExhaustion]),
  ]

  @Test("faults of aarch64 are told from the instruction alone", arguments: cases)
  func guest(_ example: Case) throws {
    let program = try Fixture.compile(
      example.source, with: Fixture.aarch64 + ["-O1", "-w"], after: ["-lpthread", "-lm"])
    let core = try Fixture.guestCore(of: [program, example.mode])
    let search = SearchPaths(systemRoots: [Fixture.aarch64SystemRoot, "/"])
    try example.check(try investigate(core, search: search).diagnose())
  }
}
