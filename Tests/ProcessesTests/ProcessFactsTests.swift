import Testing

@testable import Processes

struct ProcessFactsTests {
  private static let sleeper = """
    Name:\tsleep
    Umask:\t0022
    State:\tS (sleeping)
    Tgid:\t4711
    Ngid:\t0
    Pid:\t4712
    PPid:\t12
    TracerPid:\t99
    Uid:\t1000\t0\t1000\t1000
    Gid:\t1000\t1000\t1000\t1000
    NSpid:\t4712\t7
    VmSize:\t    5484 kB
    Threads:\t3
    SigPnd:\t0000000000000002
    ShdPnd:\t0000000000000400
    SigBlk:\t0000000000010000
    voluntary_ctxt_switches:\t17

    """

  @Test func readsWhatTheKernelWrites() throws {
    let facts = try #require(ProcessFacts(status: Self.sleeper))
    #expect(facts.name == "sleep")
    #expect(facts.state == "S")
    #expect(facts.process == 4711)
    #expect(facts.parent == 12)
    #expect(facts.tracer == 99)
    #expect(facts.users == [1000, 0, 1000, 1000])
    #expect(facts.threadCount == 3)
    #expect(facts.namespaceIDs == [4712, 7])
    #expect(facts.pendingSignals == 0x402)
    #expect(facts.blockedSignals == 0x10000)
    #expect(facts.voluntarySwitches == 17)
    #expect(!facts.isKernelThread)
  }

  @Test func takesOneWithoutMemoryForAKernelThread() throws {
    let text = Self.sleeper.replacing("VmSize:\t    5484 kB\n", with: "")
    #expect(try #require(ProcessFacts(status: text)).isKernelThread)
    // What has ended has no memory either.
    let dead = text.replacing("S (sleeping)", with: "Z (zombie)")
    #expect(try #require(ProcessFacts(status: dead)).isKernelThread == false)
    // Since Linux 6.8 the kernel says so.
    #expect(try #require(ProcessFacts(status: Self.sleeper + "Kthread:\t1\n")).isKernelThread)
  }

  @Test(arguments: ["", "Name:\tx\n", "State:\tS\nTgid:\tmany\nPPid:\t1\n", "State:\t\nTgid:\t1\nPPid:\t1\n"])
  func refusesWhatIsCut(_ text: String) {
    #expect(ProcessFacts(status: text) == nil)
  }

  @Test func aNameThatLooksLikeALineChangesNothing() throws {
    // The kernel escapes line feeds in names; a name with a colon stays one field.
    let text = Self.sleeper.replacing("Name:\tsleep", with: "Name:\tTgid:\t1")
    let facts = try #require(ProcessFacts(status: text))
    #expect(facts.process == 4711)
    #expect(facts.name == "Tgid:\t1")
  }
}
