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
    fault("own-kill", .ownSignal, says: ["SIGSEGV to itself"]),
  ]

  @Test("a fault of memory is named for what it is", arguments: cases)
  func faults(_ example: Case) throws { try example.check() }
}
