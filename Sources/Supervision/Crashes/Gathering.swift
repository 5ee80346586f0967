internal import Processes
internal import Tracing

/// The bringing of some processes to a standstill: who is waited for, and who stands.
///
/// Threads are interrupted, and come to stand whenever the kernel tells; meanwhile everybody else goes on.
struct Gathering {
  enum Purpose {
    /// A signal that is about to kill a process, and the thread that got it.
    case death(signal: Int32, thread: Int32)
    case hang(HangReason)
  }

  let purpose: Purpose
  /// When it is looked at what there is, in nanoseconds: a thread in the middle of a system call that nothing
  /// interrupts never comes.
  let deadline: UInt64
  let began: UInt64
  private(set) var wanted: Set<Int32>
  private(set) var awaited: Set<Int32>
  private(set) var held: [Int32: Held] = [:]

  struct Held {
    let thread: HeldThread
    let stop: WaitReport.Stop
    let process: Int32
  }

  init(_ purpose: Purpose, processes: Set<Int32>, threads: Set<Int32>, began: UInt64, deadline: UInt64) {
    self.purpose = purpose
    self.deadline = deadline
    self.began = began
    wanted = processes
    awaited = threads
  }

  func isWanted(_ process: Int32) -> Bool { wanted.contains(process) }
  var isComplete: Bool { awaited.isEmpty }

  mutating func hold(_ thread: Int32, _ held: Held) {
    awaited.remove(thread)
    self.held[thread] = held
  }

  mutating func isBorn(_ identity: TraceEvent.Identity) {
    if wanted.contains(identity.process) { awaited.insert(identity.thread) }
  }

  mutating func ended(_ identity: TraceEvent.Identity) {
    awaited.remove(identity.thread)
    held[identity.thread] = nil
  }

  mutating func executed(_ identity: TraceEvent.Identity, former: Int32) {
    guard wanted.contains(identity.process) else { return }
    awaited.remove(former)
    held[former] = nil
    awaited.insert(identity.thread)
  }

  mutating func processEnded(_ process: Int32) {
    wanted.remove(process)
    for (thread, one) in held where one.process == process { held[thread] = nil }
  }
}
