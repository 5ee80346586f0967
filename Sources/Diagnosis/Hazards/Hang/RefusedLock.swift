internal import Bytes
internal import Machine
internal import Targets
internal import Unwinding

/// A lock that the kernel refused because waiting for it would have closed a circle, upon which the program ended itself.
///
/// Swift's `Mutex` locks by FUTEX_LOCK_PI, which fails with EDEADLK then; the library says "Recursive call to lock Mutex"
/// of a circle of any length (stdlib/public/Synchronization/Mutex/LinuxImpl.swift; kernel/locking/rtmutex.c,
/// `rt_mutex_adjust_prio_chain`). The word of such a lock holds its owner's thread id.
enum RefusedLock {
  /// FUTEX_TID_MASK of `include/uapi/linux/futex.h`.
  private static let ownerMask: UInt32 = 0x3fff_ffff
  /// How far outwards the lock's address is looked for.
  private static let reach: UInt64 = 4096

  static func finding(_ investigation: Investigation) -> Finding? {
    guard let crash = investigation.crashes.last,
      [SignalInfo.illegal, SignalInfo.trap].contains(crash.signal.number)
    else { return nil }
    let frames = Array(crash.walk.frames.prefix(8))
    let names = investigation.rawNames(of: frames)
    if names.first == "__DISPATCH_WAIT_FOR_QUEUE__" { return ownQueue(crash, frames, names, investigation) }
    guard let index = names.firstIndex(where: { $0.has("_MutexHandle") && $0.has("_lockSlow") }) else { return nil }
    let own = crash.thread.tid
    let graph = investigation.waitGraph
    let locks = heldWords(crash, frames[0...index], investigation)
    let circles = locks.compactMap { lock in
      circle(from: lock.owner, to: own, graph).map { (lock: lock, waits: $0) }
    }
    let place = index + 1 < frames.count ? investigation.sourcePlace(frames[index + 1]) : nil
    if let found = circles.first {
      // Had it wanted one of its own again, the kernel would have said the same.
      let isOnly = circles.count == 1 && !locks.contains { $0.owner == own }
      return circle(found.lock, found.waits, isOnly: isOnly, crash, place, graph, investigation)
    }
    guard let lock = locks.first(where: { $0.owner == own }) else { return nil }
    return Finding(
      hazard: .selfDeadlock, certainty: .likely, thread: own,
      statement: "Thread \(own) wanted mutex \(described(lock.address, graph)) a second time"
        + (place.map { ", in \($0)" } ?? "") + ". Swift's Mutex ended the program for it.",
      evidence: [word(lock, investigation)],
      refutedBy:
        "another lock that the thread wanted: this is the one of its own whose address lies in the failed call",
      remedies: ["Split the function into one that takes the lock and one that expects it held."])
  }

  /// A queue of dispatch that was waited for by the thread which runs its work: the library ends the program for that, with
  /// the only trap of this function (libdispatch, src/queue.c).
  private static func ownQueue(
    _ crash: Crash, _ frames: [Frame], _ names: [String], _ investigation: Investigation
  ) -> Finding {
    let caller = zip(frames, names).first { frame, name in
      !name.isEmpty && !WaitSite.isRuntime(name) && !investigation.isOfDispatch(frame)
    }
    let place = caller.map { investigation.sourcePlace($0.0) }
    let pc = crash.pc(investigation.architecture)
    return Finding(
      hazard: .selfDeadlock, certainty: .likely, thread: crash.thread.tid,
      statement: "Thread \(crash.thread.tid) called sync on a dispatch queue whose work it was doing itself"
        + (place.map { ", in \($0)" } ?? "") + ": it would have waited for itself, and the library ended the program.",
      evidence: [
        investigation.evidence(
          "it is at the trap in \(investigation.place(pc)), which stands for \"dispatch_sync called on queue already owned "
            + "by current thread\"", of: pc)
      ],
      refutedBy: "another reason for which this function of libdispatch ends the program",
      remedies: [
        "Call async instead, or do the work directly where the queue is already the current one.",
        "Split the function into one that enters the queue and one that expects to be on it (dispatchPrecondition).",
      ])
  }

  /// Words that name a living thread as owner, by addresses in the registers and in the frames of the failed call.
  private static func heldWords(
    _ crash: Crash, _ frames: ArraySlice<Frame>, _ investigation: Investigation
  ) -> [(address: UInt64, owner: Int32)] {
    var addresses = investigation.architecture.registerNames.indices.compactMap { crash.registers[$0] }
    if let low = frames.first?.stackPointer, let high = frames.last?.cfa, high > low {
      let words = investigation.memory.readPrefix(low, Int(min(high &- low, reach)))
      addresses += stride(from: 0, to: words.count - 7, by: 8).compactMap { words.load(UInt64.self, at: $0) }
    }
    var seen: Set<UInt64> = []
    return addresses.compactMap { address in
      guard address % 4 == 0, seen.insert(address).inserted,
        let word = investigation.memory.load(UInt32.self, at: address), word & ownerMask != 0
      else { return nil }
      let owner = Int32(bitPattern: word & ownerMask)
      return investigation.target.thread(owner) == nil ? nil : (address, owner)
    }
  }

  /// The waits that lead from one thread to another, each for a lock that names its owner.
  private static func circle(from start: Int32, to end: Int32, _ graph: WaitGraph) -> [ThreadWait]? {
    var waits: [ThreadWait] = []
    var thread = start
    while thread != end {
      guard waits.count < graph.waits.count, let index = graph.thread(thread), let wait = graph.waits[index],
        !wait.hasTimeout, let holder = graph.holder(of: wait), holder.isRead
      else { return nil }
      waits.append(wait)
      thread = holder.tid
    }
    return waits.isEmpty ? nil : waits
  }

  private static func circle(
    _ lock: (address: UInt64, owner: Int32), _ waits: [ThreadWait], isOnly: Bool, _ crash: Crash, _ place: String?,
    _ graph: WaitGraph, _ investigation: Investigation
  ) -> Finding {
    let own = crash.thread.tid
    let others = waits.prefix(4).map { wait in
      "thread \(wait.tid) waits for \(wait.object.map(graph.described) ?? "a lock"), which thread "
        + "\(graph.holder(of: wait)?.tid ?? own) holds"
    }
    return Finding(
      hazard: .deadlock, certainty: isOnly ? .proved : .likely, thread: own,
      statement: "\(waits.count + 1) threads wanted each other's locks: thread \(own) wanted mutex "
        + "\(described(lock.address, graph)), which thread \(lock.owner) holds; \(others.joined(separator: "; ")). "
        + "The kernel refused to let it wait for ever, and Swift's Mutex ended the program.",
      evidence: [word(lock, investigation)]
        + waits.prefix(4).compactMap { graph.lockEvidence($0, investigation) }
        + [
          Evidence(
            "thread \(own) was refused its lock" + (place.map { " in \($0)" } ?? "")
              + ": \"Recursive call to lock Mutex\" stands for EDEADLK, which the kernel gives for circles of any length"
          )
        ],
      refutedBy: "another process with this memory that holds one of the locks",
      remedies: [
        "Take these locks in the same order everywhere."
          + (place.map { " This thread wants its second one in \($0)." } ?? ""),
        "Or leave the first one's withLock before code is called that takes the other one.",
      ])
  }

  private static func described(_ address: UInt64, _ graph: WaitGraph) -> String {
    hex(address) + (graph.name(of: address).map { " (\($0))" } ?? "")
  }

  private static func word(_ lock: (address: UInt64, owner: Int32), _ investigation: Investigation) -> Evidence {
    investigation.evidence("the lock's word holds its owner, thread \(lock.owner)", at: lock.address, count: 4)
  }
}

extension Investigation {
  /// Whether a frame is libdispatch's own, or Swift's part of it.
  fileprivate func isOfDispatch(_ frame: Frame) -> Bool {
    guard let index = target.moduleIndex(containing: frame.lookupAddress) else { return false }
    return ["libdispatch", "libswiftDispatch"].contains { target.modules[index].name.hasPrefix($0) }
  }
}
