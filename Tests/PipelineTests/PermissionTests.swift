import Foundation
import TestSupport
import Testing

/// What `inquest` says and does where the host does not let it do everything.
@Suite("Without permission", .serialized)
struct PermissionTests {
  private static let isRoot = getuid() == 0
  private static let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

  private func restricted() throws -> String { try Fixture.compile("restricted.c", with: ["gcc", "-O1"]) }

  private func sleeper(as user: [String] = []) throws -> RunningProgram {
    let program = try RunningProgram(user + ["sh", "-c", "echo ready; exec sleep 1000"])
    program.settle()
    return program
  }

  /// What is said in one line, however the terminal breaks it.
  private func said(_ outcome: Outcome) -> String {
    outcome.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test("a filter that forbids ptrace is named, with the flag that allows it")
  func forbiddenTracing() throws {
    let program = try sleeper()
    let looked = try run([restricted(), "ptrace", CommandLine.executable, "stacks", "\(program.pid)"])
    #expect(looked.status == 2)
    #expect(said(looked).contains("--cap-add=SYS_PTRACE"), "\(looked.errors)")
    let ran = try run([restricted(), "ptrace", CommandLine.executable, "run", "--", "true"])
    #expect(ran.status == 125)
    #expect(
      said(ran).contains("a seccomp filter forbids ptrace") || said(ran).contains("seccomp filter forbids ptrace"))
    #expect(said(ran).contains("--cap-add=SYS_PTRACE"), "\(ran.errors)")
    #expect(program.comes(to: "S"))
  }

  @Test("where process_vm_readv is forbidden, memory is read all the same")
  func forbiddenReading() throws {
    let program = try RunningProgram([
      Fixture.compile("hang_locks.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"]), "inversion",
    ])
    program.settle()
    let outcome = try run([
      restricted(), "process_vm_readv", CommandLine.executable, "stacks", "\(program.pid)",
    ])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("VERDICT   deadlock, proved"), "\(outcome.output)\(outcome.errors)")
  }

  @Test("where descriptors of others cannot be asked, nothing that rests on it is proved")
  func forbiddenDescriptors() throws {
    let program = try Fixture.compile("tree_waits.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"])
    let outcome = try run([
      restricted(), "pidfd_getfd", CommandLine.executable, "run", "--timeout", "1s", "--", program, "reads",
    ])
    #expect(said(outcome).contains("VERDICT deadlock, likely"), "\(outcome.errors)")
    #expect(said(outcome).contains("cannot be asked here"), "\(outcome.errors)")
  }

  @Test("another user's process is told as such, with what to do", .enabled(if: isRoot))
  func otherUser() throws {
    let program = try sleeper()
    let outcome = try run(Self.nobody + [CommandLine.executable, "stacks", "\(program.pid)"])
    #expect(outcome.status == 2)
    #expect(
      said(outcome).contains("it belongs to user 0; run `sudo inquest stacks \(program.pid)`"), "\(outcome.errors)")
  }

  @Test("one's own process may be looked at, unless it guards its memory", .enabled(if: isRoot))
  func notDumpable() throws {
    let own = try sleeper(as: Self.nobody)
    let looked = try run(Self.nobody + [CommandLine.executable, "stacks", "\(own.pid)"])
    #expect(looked.status == 0, "\(looked.errors)")
    let guarded = try RunningProgram(Self.nobody + [restricted(), "dumpable"])
    let outcome = try run(Self.nobody + [CommandLine.executable, "stacks", "\(guarded.pid)"])
    #expect(outcome.status == 2)
    #expect(said(outcome).contains("PR_SET_DUMPABLE"), "\(outcome.errors)")
  }

  @Test("from a user namespace its end is told", .enabled(if: isRoot))
  func userNamespace() throws {
    let program = try sleeper()
    let outcome = try run(["unshare", "-r", CommandLine.executable, "stacks", "\(program.pid)"])
    #expect(outcome.status == 2)
    #expect(said(outcome).contains("user namespace"), "\(outcome.errors)")
    // Within it all is as usual.
    let inside = try run(["unshare", "-rpf", "--mount-proc", CommandLine.executable, "run", "--", "sh", "-c", "exit 7"])
    #expect(inside.status == 7, "\(inside.errors)")
  }
}
