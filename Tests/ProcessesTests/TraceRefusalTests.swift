import Testing

@testable import Processes

@Suite("Why a process may not be traced")
struct TraceRefusalTests {
  private func facts(tracer: Int32 = 0, users: String = "1000\t1000\t1000\t1000") -> ProcessFacts? {
    ProcessFacts(
      status:
        "Name:\tx\nState:\tS (sleeping)\nTgid:\t7\nPPid:\t1\nTracerPid:\t\(tracer)\nUid:\t\(users)\nVmSize:\t1 kB\n")
  }

  private typealias Change = (inout TraceRefusal.Surroundings) -> Void

  private func refusal(_ facts: ProcessFacts?, _ change: Change) -> TraceRefusal {
    var surroundings = TraceRefusal.Surroundings()
    surroundings.user = 1000
    change(&surroundings)
    return TraceRefusal(facts, errno: 1, surroundings)
  }

  @Test("is told apart by what the host says, the nearest reason first")
  func reasons() {
    #expect(refusal(facts(tracer: 9)) { $0.isCallForbidden = true } == .traced(by: 9, name: nil))
    #expect(refusal(facts()) { $0.isCallForbidden = true } == .forbiddenCall)
    #expect(refusal(facts(users: "0\t0\t0\t0")) { _ in } == .otherUser(0))
    // A set-uid program: started by us, and with another's rights.
    #expect(refusal(facts(users: "1000\t0\t0\t0")) { _ in } == .otherUser(1000))
    #expect(refusal(facts()) { $0.scope = 1 } == .scope(1))
    #expect(refusal(facts()) { $0.scope = 2 } == .scope(2))
    #expect(refusal(facts()) { _ in } == .notDumpable)
    #expect(refusal(nil) { _ in } == .notDumpable)
  }

  @Test("does not blame what a privilege overrides")
  func privileged() {
    #expect(refusal(facts(users: "0\t0\t0\t0")) { $0.hasCapability = true } == .unknown(errno: 1))
    #expect(
      refusal(facts()) {
        $0.hasCapability = true
        $0.scope = 2
      } == .unknown(errno: 1))
    #expect(
      refusal(facts()) {
        $0.hasCapability = true
        $0.scope = 3
      } == .scope(3))
    #expect(
      refusal(facts(users: "65534\t65534\t65534\t65534")) {
        $0.hasCapability = true
        $0.isInOtherNamespace = true
      } == .userNamespace)
  }
}
