internal import Bytes
internal import Machine

/// The threads of a core in the order of their notes, the one that the signal hit moved to the front.
struct CoreThreads {
  private(set) var threads: [ThreadState] = []
  private(set) var signal: SignalInfo?
  /// Each thread's other register sets, by its id.
  private(set) var registers: [Int32: [RegisterNote]] = [:]
  /// How many notes were too short for a thread's id, or spoke of a thread a second time.
  private(set) var unusable = 0
  /// Threads whose note was cut before the end of the general registers.
  private(set) var cut: [Int32] = []

  /// SIGTRAP and SIGSTOP: what gdb stops a live process with, before `gcore` writes it.
  private static let stops: Set<Int32> = [5, 19]

  init(_ notes: CoreNotes, _ architecture: Architecture, processInfo: ProcessStatus?) {
    var infos: [Int32: SignalInfo] = [:]
    var seen: Set<Int32> = []
    for thread in notes.threads {
      guard let status = ThreadStatus(thread.status, architecture), seen.insert(status.tid).inserted else {
        unusable += 1
        continue
      }
      if status.registers.instructionPointer(architecture) == nil
        || status.registers.stackPointer(architecture) == nil
      {
        cut.append(status.tid)
      }
      let armPointer = thread.registers.first { $0.type == RegisterNote.armThreadPointer }?.contents
      threads.append(
        ThreadState(
          tid: status.tid, registers: status.registers, signal: status.signal,
          name: status.tid == processInfo?.pid ? processInfo?.name : nil,
          threadPointer: status.threadPointer ?? armPointer?.load(UInt64.self, at: 0), systemCall: status.systemCall))
      if !thread.registers.isEmpty { registers[status.tid] = thread.registers }
      if let note = thread.signalInfo { infos[status.tid] = SignalInfo(note) }
    }
    if infos.isEmpty, let note = notes.leadingSignalInfo, let first = threads.first {
      infos[first.tid] = SignalInfo(note)
    }
    putSignalledFirst(infos)
  }

  private static func isMereStop(_ info: SignalInfo) -> Bool { info.number == 0 || stops.contains(info.number) }

  /// The kernel writes the thread that the signal hit first, and states the signal in every thread's pr_cursig;
  /// gcore writes each thread's own, and an NT_SIGINFO after each.
  private mutating func putSignalledFirst(_ infos: [Int32: SignalInfo]) {
    guard let first = threads.first else { return }
    if first.signal == 0 {
      let other =
        threads.firstIndex { $0.signal != 0 }
        ?? threads.firstIndex { infos[$0.tid].map { !Self.isMereStop($0) } == true }
      guard let other else { return }
      let thread = threads.remove(at: other)
      threads.insert(thread, at: 0)
    }
    let hit = threads[0]
    signal =
      if let info = infos[hit.tid], hit.signal == 0 ? !Self.isMereStop(info) : info.number == hit.signal {
        info
      } else if hit.signal != 0 {
        SignalInfo(number: hit.signal, code: nil)
      } else {
        nil
      }
  }
}
