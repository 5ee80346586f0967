/// Why the process got its signal (NT_SIGINFO; sigaction(2), Linux `include/uapi/asm-generic/siginfo.h`).
public struct SignalInfo: Sendable, Equatable {
  /// The signal's number, the same on both architectures.
  public let number: Int32
  /// si_code; nil where only the number is known (from `pr_cursig`, qemu's guest cores).
  public let code: Int32?
  /// si_errno.
  public let errno: Int32
  /// si_addr of SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGTRAP, where the kernel filled it in.
  ///
  /// Not to be believed for SIGSEGV with ``kernel`` on x86-64: it is 0 for every non-canonical address.
  public let faultAddress: UInt64?
  /// si_pid and si_uid of a signal that a process sent.
  public let senderPID: Int32?
  public let senderUID: UInt32?
  /// si_call_addr, si_syscall and si_arch of SIGSYS.
  public let systemCall: (address: UInt64, number: Int32, architecture: UInt32)?

  public init(
    number: Int32, code: Int32?, errno: Int32 = 0, faultAddress: UInt64? = nil, senderPID: Int32? = nil,
    senderUID: UInt32? = nil, systemCall: (address: UInt64, number: Int32, architecture: UInt32)? = nil
  ) {
    self.number = number
    self.code = code
    self.errno = errno
    self.faultAddress = faultAddress
    self.senderPID = senderPID
    self.senderUID = senderUID
    self.systemCall = systemCall
  }

  /// The numbers of the signals that the processor's faults and the program's own checks raise (signal(7)).
  public static let illegal: Int32 = 4
  public static let trap: Int32 = 5
  public static let abort: Int32 = 6
  public static let bus: Int32 = 7
  public static let arithmetic: Int32 = 8
  public static let segmentation: Int32 = 11
  public static let systemCallSignal: Int32 = 31

  /// Whether a process, not the processor, sent it (signal(7)): si_code is at most 0, which is SI_USER, SI_QUEUE, SI_TKILL.
  public var isSent: Bool { code.map { $0 <= 0 } ?? false }

  /// SI_USER, SI_KERNEL, SI_QUEUE, SI_TKILL.
  public static let user: Int32 = 0
  public static let kernel: Int32 = 128
  public static let queue: Int32 = -1
  public static let tkill: Int32 = -6

  public static func == (a: SignalInfo, b: SignalInfo) -> Bool {
    a.number == b.number && a.code == b.code && a.errno == b.errno && a.faultAddress == b.faultAddress
      && a.senderPID == b.senderPID && a.senderUID == b.senderUID && a.systemCall?.address == b.systemCall?.address
      && a.systemCall?.number == b.systemCall?.number && a.systemCall?.architecture == b.systemCall?.architecture
  }

  /// The signal's name: "SIGSEGV"; "signal 42" for what has none.
  public var name: String { Self.names[Int(number)] ?? "signal \(number)" }

  private static let names: [Int: String] = [
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
    9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
    16: "SIGSTKFLT", 17: "SIGCHLD", 18: "SIGCONT", 19: "SIGSTOP", 20: "SIGTSTP", 21: "SIGTTIN", 22: "SIGTTOU",
    23: "SIGURG", 24: "SIGXCPU", 25: "SIGXFSZ", 26: "SIGVTALRM", 27: "SIGPROF", 28: "SIGWINCH", 29: "SIGIO",
    30: "SIGPWR", 31: "SIGSYS",
  ]
}
