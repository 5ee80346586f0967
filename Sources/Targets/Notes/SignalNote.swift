internal import Bytes

extension SignalInfo {
  /// NT_SIGINFO, `siginfo_t` (Linux `include/uapi/asm-generic/siginfo.h`; the same on both architectures).
  ///
  /// Which member of its union holds depends on si_code and si_signo (sigaction(2)).
  /// - Returns: nil where the note ends before si_code.
  init?(_ note: ByteView) {
    guard let number = note.load(Int32.self, at: 0), let errno = note.load(Int32.self, at: 4),
      let code = note.load(Int32.self, at: 8)
    else { return nil }
    let isFault = Self.faults.contains(number) && code > Self.user
    let isSystemCall = number == Self.sigsys && code == 1  // SYS_SECCOMP
    let hasSender = [Self.user, Self.queue, Self.tkill, Self.messageQueue].contains(code)
    var call: (address: UInt64, number: Int32, architecture: UInt32)?
    if isSystemCall, let address = note.load(UInt64.self, at: 16), let number = note.load(Int32.self, at: 24),
      let architecture = note.load(UInt32.self, at: 28)
    {
      call = (address, number, architecture)
    }
    self.init(
      number: number, code: code, errno: errno, faultAddress: isFault ? note.load(UInt64.self, at: 16) : nil,
      senderPID: hasSender ? note.load(Int32.self, at: 16) : nil,
      senderUID: hasSender ? note.load(UInt32.self, at: 20) : nil, systemCall: call)
  }

  /// SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV: those for which the kernel fills in si_addr.
  private static let faults: Set<Int32> = [4, 5, 7, 8, 11]
  private static let sigsys: Int32 = 31
  /// SI_MESGQ.
  private static let messageQueue: Int32 = -3
}
