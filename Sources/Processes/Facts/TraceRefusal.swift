internal import CLinux

/// Why a process may not be traced, as far as the host tells; each has a remedy of its own (ptrace(2), "Ptrace access mode
/// checking").
package enum TraceRefusal: Sendable, Equatable {
  /// Another process traces it: a process has one tracer at most.
  case traced(by: Int32, name: String?)
  /// It belongs to another user, or runs with more privileges than ours, and we lack CAP_SYS_PTRACE.
  case otherUser(UInt32)
  /// Yama allows only descendants to be traced (`kernel.yama.ptrace_scope` 1), only with CAP_SYS_PTRACE (2), or nobody (3).
  case scope(Int)
  /// It is not dumpable: it has read a file that its user may not read, or has changed its privileges (prctl(2),
  /// PR_SET_DUMPABLE).
  case notDumpable
  /// A seccomp filter, as of a container, forbids ptrace itself.
  case forbiddenCall
  /// Our privileges end at our user namespace, and the process is not of it, or may not be asked.
  case userNamespace
  /// None of these explains it.
  case unknown(errno: Int32)

  /// - Parameter errno: what PTRACE_SEIZE, or reading its files, failed with.
  package init(_ process: Int32, errno: Int32) {
    let facts = ProcessFacts.ofProcess(process)
    var surroundings = Surroundings()
    surroundings.isCallForbidden = Self.isForbidden(errno)
    surroundings.hasCapability = Self.hasCapability
    surroundings.user = inquest_user()
    surroundings.scope = ProcFile.line("/proc/sys/kernel/yama/ptrace_scope").flatMap { Int($0) } ?? 0
    let space = ProcFile.link("/proc/self/ns/user")
    surroundings.isInOtherNamespace =
      space != Self.initialUserNamespace && space != ProcFile.link("/proc/\(process)/ns/user")
    self.init(facts, errno: errno, surroundings)
    if case .traced(let tracer, _) = self {
      self = .traced(by: tracer, name: ProcFile.line("/proc/\(tracer)/comm"))
    }
  }

  /// What of this process and of the host decides.
  struct Surroundings {
    /// Whether ptrace itself is forbidden, whoever is to be traced.
    var isCallForbidden = false
    /// CAP_SYS_PTRACE.
    var hasCapability = false
    var user: UInt32 = 0
    /// `kernel.yama.ptrace_scope`; 0 where there is no Yama.
    var scope = 0
    var isInOtherNamespace = false
  }

  init(_ facts: ProcessFacts?, errno: Int32, _ surroundings: Surroundings) {
    if let facts, facts.tracer != 0 {
      self = .traced(by: facts.tracer, name: nil)
    } else if surroundings.isCallForbidden {
      self = .forbiddenCall
    } else if surroundings.hasCapability, surroundings.isInOtherNamespace, surroundings.scope < 3 {
      self = .userNamespace
    } else if !surroundings.hasCapability, let owner = facts?.users.first,
      facts?.users.contains(where: { $0 != surroundings.user }) == true
    {
      self = .otherUser(owner)
    } else if surroundings.scope == 3 || surroundings.scope > 0 && !surroundings.hasCapability {
      self = .scope(surroundings.scope)
    } else {
      self = surroundings.hasCapability ? .unknown(errno: errno) : .notDumpable
    }
  }

  /// `PROC_USER_INIT_INO` (include/linux/proc_ns.h).
  private static let initialUserNamespace = "user:[4026531837]"

  /// Whether we have CAP_SYS_PTRACE, bit 19, in the effective set (CapEff).
  package static var hasCapability: Bool {
    guard let status = ProcFile.text("/proc/self/status"),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
      let word = line.split(separator: "\t").last, let set = UInt64(word, radix: 16)
    else { return false }
    return set & 1 << 19 != 0
  }

  /// Whether ptrace fails for a process that does not exist with anything but ESRCH.
  private static func isForbidden(_ errno: Int32) -> Bool {
    guard errno == 1 || errno == 38 else { return false }
    let seize: Int64 = 0x4206
    // No process has the id 2^31 - 1: pid_max is at most 2^22.
    let result = inquest_ptrace(seize, Int32.max, 0, 0)
    return result != -3
  }
}
