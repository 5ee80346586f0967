/// What `/proc/PID/status` tells of a process or thread (proc_pid_status(5)). Ids are of the pid namespace of the reader.
package struct ProcessFacts: Sendable, Equatable {
  /// The name of the thread, at most 15 bytes.
  package var name: String
  /// "R", "S", "D", "T" (stopped), "t" (stopped by a tracer), "Z", "X", "I".
  package var state: Character
  /// Tgid: the process.
  package var process: Int32
  /// PPid.
  package var parent: Int32
  /// TracerPid: who traces it; 0 for nobody.
  package var tracer: Int32
  /// Its real, effective, saved and file-system user.
  package var users: [UInt32]
  package var groups: [UInt32]
  /// How many threads it has.
  package var threadCount: Int
  /// Its ids in each pid namespace that it is visible in, the reader's first (NSpid).
  package var namespaceIDs: [Int32]
  /// Whether it is a thread of the kernel: it has no memory (no VmSize), or says so (Kthread, since Linux 6.8).
  package var isKernelThread: Bool
  /// How often it gave its processor up to wait.
  package var voluntarySwitches: UInt64?
  /// Signals that wait to be delivered to the thread or the process, and those that it blocks.
  package var pendingSignals: UInt64
  package var blockedSignals: UInt64

  /// - Parameter path: of the folder: "/proc/4711", "/proc/4711/task/4712".
  /// - Throws: ``ProcessError/unreadable(path:errno:)``.
  package init(folder path: String) throws(ProcessError) {
    let bytes = try ProcFile.bytes(path + "/status")
    guard let facts = ProcessFacts(status: String(decoding: bytes, as: UTF8.self)) else {
      throw .unreadable(path: path + "/status", errno: 3)
    }
    self = facts
  }

  /// What is known of a process; nil where there is none, or /proc does not show it.
  package static func ofProcess(_ process: Int32) -> ProcessFacts? {
    ProcFile.text("/proc/\(process)/status").flatMap { ProcessFacts(status: $0) }
  }

  /// nil where the text lacks what every process has.
  package init?(status: String) {
    var fields: [Substring: Substring] = [:]
    for line in status.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      // A name may hold anything but a line feed, which the kernel escapes: the first line of a key counts.
      if fields[line[..<colon]] == nil { fields[line[..<colon]] = line[line.index(after: colon)...] }
    }
    func words(_ key: Substring) -> [Substring] {
      (fields[key] ?? "").split { $0 == " " || $0 == "\t" }
    }
    func number(_ key: Substring) -> Int32? { words(key).first.flatMap { Int32($0) } }
    func set(_ key: Substring) -> UInt64 { words(key).first.flatMap { UInt64($0, radix: 16) } ?? 0 }
    guard let state = words("State").first?.first, let process = number("Tgid"), let parent = number("PPid") else {
      return nil
    }
    name = String((fields["Name"] ?? "").drop { $0 == "\t" })
    self.state = state
    self.process = process
    self.parent = parent
    tracer = number("TracerPid") ?? 0
    users = words("Uid").compactMap { UInt32($0) }
    groups = words("Gid").compactMap { UInt32($0) }
    threadCount = number("Threads").map(Int.init) ?? 1
    namespaceIDs = words("NSpid").compactMap { Int32($0) }
    isKernelThread =
      number("Kthread").map { $0 == 1 } ?? (fields["VmSize"] == nil && state != "Z" && state != "X")
    voluntarySwitches = words("voluntary_ctxt_switches").first.flatMap { UInt64($0) }
    pendingSignals = set("SigPnd") | set("ShdPnd")
    blockedSignals = set("SigBlk")
  }
}
