import Diagnosis
import Targets
import TestSupport
import Testing

/// A live view makes one investigation after another: none may stay behind.
@Suite struct InvestigationLifeTests {
  @Test(
    "an investigation ends with its last user, and takes its target along",
    arguments: [("hang_locks.c", ["inversion", "quit"]), ("heap_faults.c", ["tcache-link"])])
  func isFreed(_ source: String, _ mode: [String]) throws {
    weak var investigation: Investigation?
    weak var target: (any Target)?
    func look() throws {
      let program = try Fixture.compile(source, with: HangTests.gcc, after: ["-lpthread"])
      let made = try investigate(Fixture.keptCore(of: [program] + mode))
      #expect(!made.diagnose().isEmpty)
      #expect(made.waitGraph.waits.count == made.target.threads.count)
      _ = made.clues()
      (investigation, target) = (made, made.target)
    }
    try look()
    #expect(investigation == nil)
    #expect(target == nil)
  }
}
