internal import Processes

/// Who waits for whom among processes that all stand still: for a pipe's or socket's other end, for eventfds and message
/// queues, for children, for locks and semaphores in shared memory, for System V semaphores, for locks of files.
///
/// A thread waits for whoever can end its wait, and more than one may be able to. So what is found is what nobody can end:
/// all threads are taken to be able to go on, but those of which the contrary is known; whoever waits only for such is
/// known then, too (``StuckThreads``).
package struct TreeWaits {
  package let processes: [StoppedProcess]
  package let waits: [TreeWait]
  let processOf: [Int32: Int32]
  let names: [Int32: String]

  package init(among processes: [StoppedProcess]) {
    let first = TreeWaits(among: processes, asksOthers: false)
    // Others can only end more waits: where nobody is stuck without them, nobody is.
    self = StuckThreads(first).waits.isEmpty ? first : TreeWaits(among: processes, asksOthers: true)
  }

  private init(among processes: [StoppedProcess], asksOthers: Bool) {
    self.processes = processes
    names = Dictionary(processes.map { ($0.image.process, $0.name) }) { first, _ in first }
    processOf = Dictionary(
      processes.flatMap { one in one.image.threads.map { ($0.hostID, one.image.process) } }
    ) { first, _ in first }
    let collector = TreeWaitCollector(processes, asksOthers: asksOthers)
    waits = processes.flatMap { process in process.image.threads.compactMap { collector.wait(of: $0, process) } }
  }

  /// Those that lead from one process to another, or to nobody.
  package var between: [TreeWait] {
    waits.filter { wait in
      switch wait.kind {
      case .own: false
      case .lock where wait.enders.isEmpty: true
      case .lock, .memory, .fileLock, .descriptors: wait.holders(processOf).contains { $0 != wait.process }
      case .pipe, .socket, .child, .queue, .semaphores, .other: true
      }
    }
  }

  func name(_ pid: Int32) -> String { names[pid].map { "\($0) (\(pid))" } ?? "process \(pid)" }

  /// The waits, a line each.
  package var lines: [String] {
    let shown = between
    guard !shown.isEmpty else { return [] }
    let most = 40
    return ["", "WAITS between processes"]
      + shown.prefix(most).map { wait in
        let holders = wait.holders(processOf)
        let others = holders.filter { $0 != wait.process }
        let end: String =
          if !others.isEmpty {
            " -> " + others.prefix(4).map(name).joined(separator: ", ") + (others.count > 4 ? ", …" : "")
          } else {
            switch wait.kind {
            case .pipe where holders.isEmpty: " -> nobody of this tree has its other end"
            case .queue where !holders.isEmpty: " -> only it itself has it"
            case .pipe: " -> only it itself has the other end"
            default: ""
            }
          }
        return "  - \(name(wait.process)), thread \(wait.thread), \(wait.text)\(end)"
      } + (shown.count > most ? ["  - and \(shown.count - most) more"] : [])
  }
}
