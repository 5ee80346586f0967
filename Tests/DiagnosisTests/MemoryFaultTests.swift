import Diagnosis
import Testing
import TestSupport

@Suite struct MemoryFaultTests {
  static func fault(
    _ mode: String, _ hazard: Hazard, _ certainty: Certainty = .proved, says: [String] = [], shows: [String] = []
  ) -> Case {
    Case(source: "memory_faults.c", mode: mode, hazard: hazard, certainty: certainty, says: says, shows: shows)
  }

  static let cases: [Case] = [
    fault("null-read", .nullDereference, says: ["rdi is null", "40 bytes"], shows: ["argument 1 of read_field"]),
    fault("null-write", .nullDereference, says: ["rdi is null", "writing the field"]),
    fault("null-global", .nullDereference, says: ["40 bytes"], shows: ["was loaded from current"]),
    fault("null-strlen", .nullDereference, .proved, says: ["rdi is null"]),
    fault("non-canonical", .nonCanonicalAddress, says: ["Its bytes are text"], shows: ["abcdefgh", "SI_KERNEL"]),
    fault("freed-pattern", .nonCanonicalAddress, says: ["fill pattern"], shows: ["0x5a bytes"]),
    fault("wild", .wildAddress, .likely, says: ["0x123456789028"], shows: ["where nothing is mapped"]),
    fault("null-call", .badJump, says: ["null function pointer", "call_it"], shows: ["is that of call rax"]),
    fault("wild-call", .badJump, says: ["0x123456789000", "call_it"]),
    fault("non-canonical-call", .badJump, says: ["function pointer"], shows: ["abcdefgh"]),
    fault("write-constant", .writeToReadOnly, says: ["constant data", "constant_text"]),
    fault("write-code", .writeToReadOnly, says: ["code", "main"]),
    fault("execute-stack", .executeNonExecutable, says: ["the main thread's stack", "call_it"]),
    fault("execute-heap", .executeNonExecutable, says: ["call_it"]),
    fault("beyond-file", .mappingBeyondFile, .likely, says: ["mapped.data", "byte 12,288"]),
    fault("misaligned", .misalignedAccess, says: ["movaps", "multiple of 16"]),
    fault("alignment-check", .misalignedAccess, says: ["flag AC"], shows: ["4 bytes", "BUS_ADRALN"]),
    fault("own-kill", .ownSignal, says: ["SIGSEGV to itself"]),
  ]

  @Test("a fault of memory is named for what it is", arguments: cases)
  func faults(_ example: Case) throws { try example.check() }

  static let origins: [(mode: String, hazard: Hazard, certainty: Certainty, says: [String], shows: [String])] = [
    ("list", .nonCanonicalAddress, .proved, ["text"], []),
    ("heap-end", .heapBufferOverflow, .likely, ["past the end of a block of 104 bytes"], []),
    ("branch", .nullDereference, .proved, ["is null"], []),
    ("returned", .nullDereference, .proved, ["is null"], ["is what find"]),
    (
      "failed-mmap", .wildAddress, .likely, ["A number was used as a pointer", "MAP_FAILED"], ["is what mmap returned"]
    ),
    ("freed", .wildAddress, .likely, ["a block of the heap that had been freed"], ["malloc's link to"]),
    (
      "freed-large", .nonCanonicalAddress, .proved, ["a block of the heap that had been freed"],
      ["bytes) that has been freed"]
    ),
    ("changed", .nullDereference, .proved, ["is null"], []),
    ("known-null", .nullDereference, .proved, ["the compiler knew"], []),
    ("library", .nullDereference, .proved, ["It happened in", "called by main"], []),
    ("kernel", .wildAddress, .likely, ["the kernel's half"], []),
    ("reserve", .wildAddress, .likely, ["memory that nothing may access"], ["PROT_NONE"]),
    ("no-permissions", .wildAddress, .likely, ["nothing may access"], ["PROT_NONE"]),
  ]

  @Test("where a bad pointer came from is said only where it did", arguments: origins.map(\.mode))
  func origin(_ mode: String) throws {
    let example = try #require(Self.origins.first { $0.mode == mode })
    let findings = try Case(
      source: "pointer_origins.c", mode: mode, compiler: ["gcc", "-O2", "-g", "-w"], hazard: example.hazard,
      certainty: example.certainty, says: example.says, shows: example.shows
    ).findings()
    try Case(
      source: "pointer_origins.c", mode: mode, hazard: example.hazard, certainty: example.certainty, says: example.says,
      shows: example.shows
    ).check(findings)
    let untrue = [
      "list": "is argument", "heap-end": "malloc", "branch": "is argument", "changed": "was loaded from",
      "reserve": "past the end",
    ][
      mode]
    if let untrue {
      #expect(
        !findings.contains { $0.evidence.contains { $0.statement.contains(untrue) } },
        "\(findings.map(\.summary).joined())")
    }
  }

  @Test("where the kernel tells no address the instruction's is told, not 0")
  func alignmentCheck() throws {
    let program = try Fixture.compile("memory_faults.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"])
    let investigation = try investigate(try Fixture.core(of: [program, "alignment-check"]))
    let crash = try #require(investigation.crashes.last)
    let address = try #require(investigation.analysis(of: crash).address)
    #expect(address & 3 == 1)
  }

  @Test("a program that has left no frame is not said to be called by its start")
  func tailCall() throws {
    let program = try Fixture.compile("library_tail_call.c", with: ["clang", "-O2", "-g"])
    let findings = try investigate(try Fixture.core(of: [program])).diagnose()
    #expect(findings.first?.hazard == .nullDereference)
    #expect(!findings.contains { $0.statement.contains("called by") }, "\(findings.map(\.summary))")
  }

  static let ways: [Case] = [
    (
      "tail", Hazard.badJump, Certainty.proved,
      ["A null function pointer was called. tail", "which calls_tail", "ended with a jump"]
    ),
    (
      "return-null", .badJump, .proved,
      ["Control went to address 0", "had been overwritten, or the stack pointer was wrong"]
    ),
    ("return-low", .badJump, .proved, ["0x101", "return address had been overwritten"]),
    ("beyond-file", .mappingBeyondFile, .likely, ["code.data"]),
    ("read-only", .writeToReadOnly, .proved, ["mapped to be read only"]),
    ("literal", .writeToReadOnly, .proved, ["the text \"do not write here\""]),
  ].map { mode, hazard, certainty, says in
    Case(
      source: "ways_to_nowhere.c", mode: mode, compiler: ["gcc", "-O2", "-g", "-w", "-fno-stack-protector"],
      hazard: hazard, certainty: certainty, says: says)
  }

  @Test("how control came to where no code is", arguments: ways)
  func way(_ example: Case) throws { try example.check() }
}
