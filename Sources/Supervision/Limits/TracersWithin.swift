internal import Machine
internal import Tracing

/// Programs of the tree that trace others themselves, such as gdb and strace: a process has one tracer at most, and that is
/// us, so that the kernel refuses them with EPERM, and their users are not told why.
///
/// Only programs that have the name of a tracer stop for their system calls, until the first refusal is seen.
struct TracersWithin {
  /// A ptrace that asks for a process.
  enum Attempt: Equatable {
    /// PTRACE_TRACEME: to be traced by the one that made it.
    case byParent
    /// PTRACE_ATTACH, PTRACE_SEIZE.
    case of(Int32)
  }

  /// Processes that run such a program.
  private(set) var processes: Set<Int32> = []
  private var attempts: [Int32: Attempt] = [:]
  /// Names of programs of which it was told.
  private var told: Set<String> = []

  private static let names = [
    "gdb", "strace", "ltrace", "lldb", "rr", "uftrace", "proot", "valgrind-monitor", "reptyr", "delve", "dlv",
  ]

  /// Whether a program of that name traces others. Names have versions and architectures: "lldb-server-14",
  /// "aarch64-linux-gnu-gdb".
  static func isTracer(_ name: String) -> Bool {
    name.split { $0 == "-" || $0 == "_" || $0 == "." }.contains { word in
      names.contains { word == $0 || word.hasPrefix($0) && word.dropFirst($0.count).allSatisfy(\.isNumber) }
        || word == "gdbserver"
    }
  }

  func watches(_ process: Int32) -> Bool { !processes.isEmpty && processes.contains(process) }

  mutating func born(_ process: Int32, of parent: Int32) {
    if watches(parent) { processes.insert(process) }
  }

  mutating func executed(_ process: Int32, _ name: String) {
    if Self.isTracer(name), !told.contains(name) {
      processes.insert(process)
    } else {
      processes.remove(process)
    }
  }

  mutating func ended(_ process: Int32) { processes.remove(process) }
  mutating func endedThread(_ thread: Int32) { attempts[thread] = nil }

  /// Takes a stop for a system call.
  ///
  /// - Returns: what was refused, where that was.
  mutating func saw(_ call: SystemCallStop, _ thread: Int32) -> Attempt? {
    switch call.phase {
    case .entry(let number, let arguments):
      attempts[thread] = call.isNative && number == Self.number ? Self.attempt(arguments[0], arguments[1]) : nil
      return nil
    case .exit(let result, _):
      // EPERM.
      guard let attempt = attempts.removeValue(forKey: thread), result == -1 else { return nil }
      return attempt
    case .seccomp: return nil
    }
  }

  /// It was told of that program: nobody stops for it any more.
  mutating func tell(_ name: String) {
    told.insert(name)
    processes.removeAll()
  }

  /// include/uapi/linux/ptrace.h: PTRACE_TRACEME 0, PTRACE_ATTACH 16, PTRACE_SEIZE 0x4206.
  static func attempt(_ request: UInt64, _ process: UInt64) -> Attempt? {
    switch request {
    case 0: .byParent
    case 16, 0x4206: Int32(exactly: process).map { .of($0) }
    default: nil
    }
  }

  /// The number of ptrace.
  private static let number = Architecture.host == .x86_64 ? 101 : 117
}
