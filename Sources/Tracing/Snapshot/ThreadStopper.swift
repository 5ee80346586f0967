internal import CLinux
internal import Machine
internal import Processes

/// Stops and releases the threads of one process. To be used by one thread from first to last, which is their tracer.
final class ThreadStopper {
  private let process: Int32
  private let allRegisters: Bool
  /// The threads that are traced, in the order in which they were found, and what became of them.
  private var order: [Int32] = []
  private var states: [Int32: State] = [:]
  private var began: UInt64 = 0
  private(set) var times = ProcessStop.Times()
  /// A thread whose entry in /proc tells of the process: the first one's tells nothing once it has ended.
  private(set) var reader: Int32

  /// Threads whose call is made again: their registers for it.
  private var again: [Int32: [UInt8]] = [:]

  private enum State: Equatable {
    case seized
    case stopped(WaitReport.Stop)
    /// It sleeps in the kernel, and did not stop in time.
    case unstopped
    case ended
    /// It has ended, and its process has not: nobody can trace it.
    case dead
  }

  /// A thread that sleeps without being interruptible is waited for so long, any other one so long, in nanoseconds.
  private static let sleeperLimit: UInt64 = 10_000_000
  private static let limit: UInt64 = 2_000_000_000
  /// How often new threads are looked for: who makes threads that fast has stopped being a process one can look at.
  private static let mostRounds = 64

  init(_ process: Int32, allRegisters: Bool) {
    self.process = process
    self.allRegisters = allRegisters
    reader = process
  }

  /// Stops all threads.
  func stop() throws(ProcessError) -> [LiveThread] {
    // Twice without stopping anybody: what is found then need not be waited for while others stand still.
    _ = try seizeAll()
    _ = try seizeAll()
    began = inquest_nanoseconds()
    for _ in 0..<Self.mostRounds {
      for thread in order where states[thread] == .seized { interrupt(thread) }
      for thread in order where states[thread] == .seized { wait(thread) }
      guard try isNewThreadThere(), try seizeAll() else { break }
    }
    let living = order.filter { states[$0] != .ended && states[$0] != .dead }
    guard let first = living.first else { throw .ended(process) }
    reader = living.contains(process) ? process : first
    times.unstopped = living.count { states[$0] == .unstopped }
    return living.map(thread)
  }

  /// Lets all go on.
  func release() {
    for thread in order {
      guard case .stopped(let stop) = states[thread] else { continue }
      if let registers = again[thread], stop == .trap { callAgain(thread, registers) }
      let signal: Int32 = if case .signal(let number) = stop { number } else { 0 }
      _ = inquest_ptrace(SnapshotRequest.detach, thread, 0, UInt64(signal))
    }
    if began > 0 { times.stopped = inquest_nanoseconds() &- began }
  }

  /// Lets a thread make its interrupted call anew, unless a signal is on its way, for which it was interrupted as well.
  private func callAgain(_ thread: Int32, _ registers: [UInt8]) {
    let facts = ProcFile.text("/proc/\(process)/task/\(thread)/status").flatMap { ProcessFacts(status: $0) }
    guard let facts, facts.pendingSignals & ~facts.blockedSignals == 0 else { return }
    _ = unsafe registers.withUnsafeBytes { buffer in
      unsafe inquest_set_registers(thread, 1, buffer.baseAddress, UInt64(buffer.count))
    }
  }

  // MARK: Seizing

  /// Seizes every thread that is not traced yet.
  ///
  /// - Returns: whether there was one.
  private func seizeAll() throws(ProcessError) -> Bool {
    var isNew = false
    for thread in ProcFile.numbers(in: "/proc/\(process)/task") where states[thread] == nil {
      let result = inquest_ptrace(SnapshotRequest.seize, thread, 0, 0)
      switch Int32(clamping: -result) {
      case 0:
        states[thread] = .seized
        order.append(thread)
        isNew = true
      case SnapshotRequest.noSuchProcess: states[thread] = .ended
      case let errno:
        // What has ended and is not collected cannot be traced, like a leader that left before its threads.
        let facts = ProcFile.text("/proc/\(process)/task/\(thread)/status").flatMap { ProcessFacts(status: $0) }
        guard let facts, facts.state != "Z", facts.state != "X" else {
          states[thread] = .dead
          continue
        }
        if facts.isKernelThread { throw .kernelThread(process) }
        throw .refused(process, TraceRefusal(process, errno: errno))
      }
    }
    return isNew
  }

  /// Whether the process has threads that are not known. The count is asked for, which is cheaper than the list.
  private func isNewThreadThere() throws(ProcessError) -> Bool {
    guard let facts = ProcessFacts.ofProcess(process) else { throw .ended(process) }
    let known = states.values.count { $0 != .ended }
    return facts.threadCount > known
  }

  // MARK: Stopping

  private func interrupt(_ thread: Int32) {
    if inquest_ptrace(SnapshotRequest.interrupt, thread, 0, 0) == -Int64(SnapshotRequest.noSuchProcess) {
      // It stands in a stop already, or has ended: waiting tells.
      wait(thread)
    }
  }

  /// Waits until a thread has stopped or ended, or cannot be waited for any more.
  private func wait(_ thread: Int32) {
    guard states[thread] == .seized else { return }
    let start = inquest_nanoseconds()
    while true {
      var status: Int32 = 0
      let who = unsafe inquest_wait(thread, &status, 0)
      if who == thread {
        switch WaitReport(status: status, message: nil) {
        case .exited, .killed: states[thread] = .ended
        case .stopped(let stop): states[thread] = .stopped(stop)
        }
        return
      }
      guard who == 0 || who == -4 else {
        states[thread] = .ended
        return
      }
      let waited = inquest_nanoseconds() &- start
      if waited > Self.limit || waited > Self.sleeperLimit && isAsleep(thread) {
        states[thread] = .unstopped
        return
      }
      inquest_pause(waited < 1_000_000 ? 20 : 200)
    }
  }

  /// Whether a thread sleeps where nothing but what it waits for wakes it: "D".
  private func isAsleep(_ thread: Int32) -> Bool {
    let facts = ProcFile.text("/proc/\(process)/task/\(thread)/status").flatMap { ProcessFacts(status: $0) }
    return facts?.state == "D"
  }

  // MARK: Reading

  private func thread(_ thread: Int32) -> LiveThread {
    guard case .stopped = states[thread] else { return sleeper(thread) }
    var result = LiveThread(tid: thread, registers: set(1, of: thread) ?? [])
    if case .stopped(.signal) = states[thread] { result.isAboutToRun = true }
    if allRegisters {
      for type: UInt32 in [2, 0x202] {
        if let contents = set(type, of: thread) { result.registerNotes.append((type, contents)) }
      }
    }
    #if arch(x86_64)
      if let registers = UndisturbedCall.registers(result) { again[thread] = registers }
    #else
      for type: UInt32 in [0x401, 0x406] {
        if let contents = set(type, of: thread) { result.registerNotes.append((type, contents)) }
      }
    #endif
    return result
  }

  /// The most that a register set takes: an XSAVE area with AMX tiles has 11 KiB.
  private static let largestSet = 16_384

  private func set(_ type: UInt32, of thread: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: type == 1 ? 512 : Self.largestSet)
    let size = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe inquest_get_registers(thread, Int32(bitPattern: type), buffer.baseAddress, UInt64(buffer.count))
    }
    guard size > 0 else { return nil }
    bytes.removeLast(bytes.count - Int(size))
    return bytes
  }

  /// A thread that cannot be stopped: the kernel tells its system call, stack pointer and program counter all the same
  /// (proc_pid_syscall(5)); the rest of its registers is not known, and left zero.
  private func sleeper(_ thread: Int32) -> LiveThread {
    var result = LiveThread(tid: thread, registers: [], state: "D")
    #if arch(x86_64)
      let words = (ProcFile.line("/proc/\(process)/task/\(thread)/syscall") ?? "").split(separator: " ").map { word in
        word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) : UInt64(word)
      }
      guard words.count == 9, let pointer = words[7], let counter = words[8], let number = words[0] else {
        return result
      }
      var values = RegisterSet()
      for (index, register) in [5, 4, 1, 10, 8, 9].enumerated() { values[register] = words[index + 1] }
      values[7] = pointer
      values[16] = counter
      // -ENOSYS: the call has no result yet.
      values[0] = UInt64(bitPattern: -38)
      result = LiveThread(tid: thread, values, .x86_64, systemCall: Int64(exactly: number))
      result.state = "D"
    #endif
    return result
  }
}

/// The requests of `include/uapi/linux/ptrace.h` that a snapshot needs, and what they may fail with.
enum SnapshotRequest {
  static let seize: Int64 = 0x4206
  static let interrupt: Int64 = 0x4207
  static let detach: Int64 = 17
  static let noSuchProcess: Int32 = 3
}
