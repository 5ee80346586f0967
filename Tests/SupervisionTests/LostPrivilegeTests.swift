import CLinux
import Testing

@testable import Supervision

@Suite("A program's privilege")
struct LostPrivilegeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var mode: UInt32 = 0o755
    var owner: (UInt32, UInt32) = (0, 0)
    var nosuid = false
    var capabilities: UInt64 = 0
    var users = "1000\t1000\t1000\t1000"
    var groups = "100\t100\t100\t100"
    var noNewPrivileges = 0
    var permitted = 0
    var bounding = "1ffffffffff"
    let lost: LostPrivilege?
  }

  @Test(
    "is lost only where the file gives it, the process has it not, and nothing else explains that",
    arguments: [
      Case(testDescription: "set-uid", mode: 0o4755, lost: .user(0)),
      Case(testDescription: "set-uid to another user", mode: 0o4755, owner: (12, 0), lost: .user(12)),
      Case(testDescription: "set-uid, given", mode: 0o4755, users: "1000\t0\t0\t0", lost: nil),
      Case(testDescription: "set-gid", mode: 0o2755, owner: (0, 42), lost: .group(42)),
      Case(testDescription: "mandatory locking", mode: 0o2744, owner: (0, 42), lost: nil),
      Case(testDescription: "plain", lost: nil),
      Case(testDescription: "nosuid", mode: 0o4755, nosuid: true, lost: nil),
      Case(testDescription: "no_new_privs", mode: 0o4755, noNewPrivileges: 1, lost: nil),
      Case(testDescription: "of nobody known here", mode: 0o4755, owner: (65534, 0), lost: nil),
      Case(testDescription: "capability", capabilities: 1 << 13, lost: .capabilities),
      Case(testDescription: "capability, given", capabilities: 1 << 13, permitted: 1 << 13, lost: nil),
      Case(testDescription: "capability out of bounds", capabilities: 1 << 13, bounding: "1fff", lost: nil),
    ])
  func lost(_ example: Case) {
    var file = inquest_privileges()
    file.mode = 0o100000 | example.mode
    (file.user, file.group) = example.owner
    file.is_nosuid = example.nosuid ? 1 : 0
    file.capabilities = example.capabilities
    let status = """
      Name:\tx
      State:\tS (sleeping)
      Tgid:\t7
      PPid:\t1
      TracerPid:\t3
      Uid:\t\(example.users)
      Gid:\t\(example.groups)
      VmSize:\t1 kB
      CapPrm:\t\(String(example.permitted, radix: 16))
      CapBnd:\t\(example.bounding)
      NoNewPrivs:\t\(example.noNewPrivileges)

      """
    #expect(LostPrivilege(file: file, status: status) == example.lost)
  }

  @Test(
    "a tracer is known by its name, whatever its version and architecture",
    arguments: [
      ("gdb", true), ("strace", true), ("lldb-server-14", true), ("aarch64-linux-gnu-gdb", true), ("gdbserver", true),
      ("lldb14", true), ("gdb_like-12ab", true), ("gdbus", false), ("rrdtool", false), ("sh", false), ("", false),
    ] as [(String, Bool)])
  func names(name: String, isTracer: Bool) { #expect(TracersWithin.isTracer(name) == isTracer) }

  @Test("requests that ask for a process are told from others")
  func requests() {
    #expect(TracersWithin.attempt(0, 0) == .byParent)
    #expect(TracersWithin.attempt(16, 12) == .of(12))
    #expect(TracersWithin.attempt(0x4206, 12) == .of(12))
    #expect(TracersWithin.attempt(0x4206, 1 << 40) == nil)
    // PTRACE_CONT of somebody who is traced already.
    #expect(TracersWithin.attempt(7, 12) == nil)
  }
}
