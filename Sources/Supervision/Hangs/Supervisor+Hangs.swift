internal import CLinux
internal import Processes
internal import Tracing

extension Supervisor {
  /// Does what is due.
  func look(atClock now: UInt64) {
    if let gathering {
      if now >= gathering.deadline { finishGathering(isOver: true) }
      return
    }
    if let moment = clock.endsAt, now >= moment {
      clock.endsAt = nil
      if processes[root] != nil, !isWaitingForTerminal { askForStacks(.interrupted) }
    }
    if clock.isTimeOver(now) {
      clock.forgetTimeout()
      askForStacks(.timeout(options.timeout ?? 0))
    }
    if let stall = clock.stall, now >= clock.nextLook {
      clock.nextLook = now &+ clock.lookInterval
      let activity = self.activity
      if activity != lastActivity {
        lastActivity = activity
        clock.idleSince = now
      } else if now &- clock.idleSince >= stall {
        clock.idleSince = now
        askForStacks(.stall(options.stall ?? 0))
      }
    }
  }

  /// Tells all stacks of the tree.
  func askForStacks(_ reason: HangReason) {
    guard gathering == nil, !processes.isEmpty else { return }
    beginGathering(.hang(reason), Set(processes.keys))
    finishGathering()
  }

  /// What all threads of the tree have done until now, as one number each process: it changes where any of them ran.
  private var activity: [Int32: UInt64] {
    var result: [Int32: UInt64] = [:]
    for process in processes.values {
      var sum = UInt64(process.threads.count)
      for thread in process.threads { sum = sum &+ Self.activity(of: thread, in: process.pid) }
      result[process.pid] = sum
    }
    return result
  }

  /// How long a thread ran, and how often: `/proc/PID/task/TID/schedstat`, or its context switches where the kernel
  /// keeps no such account.
  private static func activity(of thread: Int32, in process: Int32) -> UInt64 {
    let folder = "/proc/\(process)/task/\(thread)/"
    if let text = ProcFile.text(folder + "schedstat") {
      return text.split { $0 == " " || $0 == "\n" }.enumerated()
        .filter { $0.offset != 1 }.reduce(0) { $0 &+ (UInt64($1.element) ?? 0) }
    }
    guard let status = ProcFile.text(folder + "status") else { return 0 }
    return status.split(separator: "\n").filter { $0.contains("ctxt_switches") }
      .compactMap { $0.split(separator: "\t").last.flatMap { UInt64($0) } }.reduce(0, &+)
  }

  /// Whether the program waits for somebody to type, as what handles Ctrl-C itself does.
  private var isWaitingForTerminal: Bool {
    guard inquest_is_terminal(0) == 1, let line = ProcFile.line("/proc/\(root)/syscall") else { return false }
    // read, poll, select, pselect6, ppoll, epoll_wait, epoll_pwait; on aarch64 those that it has.
    #if arch(x86_64)
      let calls: Set<Substring> = ["0", "7", "23", "270", "271", "232", "281"]
    #else
      let calls: Set<Substring> = ["63", "72", "73", "22"]
    #endif
    return line.split(separator: " ").first.map { calls.contains($0) } ?? false
  }
}
