internal import Processes

/// What happens to signals of a thread, from `/proc/TID/status` (proc_pid_status(5)).
struct SignalDispositions: Equatable {
  /// One bit a signal, bit 0 for signal 1.
  let caught: UInt64
  let ignored: UInt64
  let blocked: UInt64
  let pending: UInt64
  /// Its id in its innermost pid namespace: 1 for an init.
  let ownID: Int32?

  init?(of thread: Int32) {
    guard let status = ProcFile.text("/proc/\(thread)/status") else { return nil }
    self.init(status: status)
  }

  init?(status: String) {
    var sets: [Substring: UInt64] = [:]
    var own: Int32?
    for line in status.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let words = line[line.index(after: colon)...].split { $0 == "\t" || $0 == " " }
      switch line[..<colon] {
      case "SigCgt", "SigIgn", "SigBlk", "SigPnd", "ShdPnd":
        if sets[line[..<colon]] == nil { sets[line[..<colon]] = words.first.flatMap { UInt64($0, radix: 16) } }
      case "NSpid": own = words.last.flatMap { Int32($0) }
      default: break
      }
    }
    guard let caught = sets["SigCgt"], let ignored = sets["SigIgn"], let blocked = sets["SigBlk"] else { return nil }
    (self.caught, self.ignored, self.blocked) = (caught, ignored, blocked)
    pending = (sets["SigPnd"] ?? 0) | (sets["ShdPnd"] ?? 0)
    ownID = own
  }

  static func bit(_ signal: Int32) -> UInt64 { signal >= 1 && signal <= 64 ? 1 << UInt64(signal - 1) : 0 }

  /// Whether a signal that is about to be delivered kills the process: nobody handles it, and nobody ignores it.
  func isFatal(_ signal: Int32) -> Bool {
    FatalSignals.dumpsCore(signal) && (caught | ignored) & Self.bit(signal) == 0
  }
}

/// Signals that say that a program went wrong.
enum FatalSignals {
  /// Those whose default is to dump core (signal(7)): QUIT, ILL, TRAP, ABRT, BUS, FPE, SEGV, XCPU, XFSZ, SYS.
  static func dumpsCore(_ signal: Int32) -> Bool { [3, 4, 5, 6, 7, 8, 11, 24, 25, 31].contains(signal) }
}
