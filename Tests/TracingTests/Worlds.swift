import Tracing

/// A small model of the kernel: threads that do what their scripts say, reports that `waitpid` may give in any order.
///
/// A value. It shares no code with the engine: what may come next is decided from the rules of `man 2 ptrace` alone.
struct World: Hashable {
  enum Act: Hashable {
    case spawn(WaitReport.Birth, Int32)
    case signal(Int32)
    case exec
    case exit(Int32)
  }

  struct Thread: Hashable {
    var process: Int32
    var script: [Act]
    /// The next act whose stop has not been reported.
    var position = 0
    var hasBegun = false
    /// It stands in a reported stop.
    var isStopped = false
    var isGone = false
    /// A SIGKILL or an exec of another thread has struck it; its end has not been reported.
    var isKilled = false
    /// It waits in exec for the others' ends.
    var isExecuting = false
    /// It is a leader whose place another thread is about to take: nothing of it is reported any more.
    var isVanishing = false
    /// Somebody traces it; what others do, nobody reports.
    var isTraced = true
    /// The tracer has asked it to stop.
    var mustStop = false
  }

  var threads: [Int32: Thread]
  let scripts: [Int32: [Act]]
  var remainingKills: Int

  /// - Parameter kills: how often SIGKILL may strike a process, at any moment.
  init(_ scripts: [Int32: [Act]], kills: Int = 0) {
    self.scripts = scripts
    remainingKills = kills
    threads = [1: Thread(process: 1, script: scripts[1] ?? [], hasBegun: true)]
  }

  /// A process that runs, untraced, with these threads.
  init(running scripts: [Int32: [Act]], threads ids: [Int32]) {
    self.init(scripts)
    for id in ids { threads[id] = Thread(process: 1, script: scripts[id] ?? [], hasBegun: true, isTraced: false) }
  }

  /// The threads that can be attached to now: none while one of them executes a program, for which the kernel makes us
  /// wait.
  var attachable: [Int32] {
    if threads.values.contains(where: { $0.isExecuting }) { return [] }
    return threads.filter { $0.value.process == 1 && !$0.value.isTraced && !$0.value.isGone }.keys.sorted()
  }

  mutating func attach(_ thread: Int32) {
    threads[thread]?.isTraced = true
    threads[thread]?.mustStop = true
  }

  /// Whether all that are traced are gone.
  var isOver: Bool { threads.values.allSatisfy { $0.isGone || !$0.isTraced } }

  func isOfProcess(_ thread: Int32, _ process: Int32) -> Bool {
    threads[thread].map { !$0.isGone && $0.process == process } ?? false
  }

  /// A world that may be next, and the report that leads there; nil where it happens unseen.
  typealias Successor = (world: World, report: (thread: Int32, WaitReport)?)

  func successors() -> [Successor] {
    var next: [Successor] = []
    for (id, thread) in threads.sorted(by: { $0.key < $1.key }) where !thread.isGone {
      if let world = unseenAct(of: id, thread) { next.append((world, nil)) }
      guard thread.isTraced else {
        if let world = untracedAct(of: id, thread) { next.append((world, nil)) }
        continue
      }
      if let successor = report(of: id, thread) { next.append(successor) }
      // On its way out of the kernel, the stop for what it has just made comes first.
      if case .spawn(_, let child)? = act(of: thread), threads[child] != nil { continue }
      if thread.mustStop, !thread.isStopped, !thread.isKilled, !thread.isVanishing, !thread.isExecuting {
        var world = self
        world.threads[id]?.isStopped = true
        world.threads[id]?.mustStop = false
        next.append((world, (id, .stopped(.trap))))
      }
    }
    if remainingKills > 0 {
      for process in Set(threads.values.filter { !$0.isGone }.map(\.process)).sorted() {
        var world = self
        world.remainingKills -= 1
        for id in threads.keys where threads[id]?.process == process {
          world.threads[id]?.isKilled = true
          world.threads[id]?.isStopped = false
          world.threads[id]?.isVanishing = false
        }
        next.append((world, nil))
      }
    }
    return next
  }

  /// The act that a running thread is at.
  private func act(of thread: Thread) -> Act? {
    guard thread.hasBegun, !thread.isStopped, !thread.isKilled, !thread.isVanishing,
      thread.position < thread.script.count
    else { return nil }
    return thread.script[thread.position]
  }

  /// What is done before it is reported: a clone has made the child, which may speak first; an exec has killed the others.
  private func unseenAct(of id: Int32, _ thread: Thread) -> World? {
    var world = self
    switch act(of: thread) {
    case .spawn(let kind, let child) where threads[child] == nil:
      world.threads[child] = Thread(
        process: kind == .clone ? thread.process : child, script: scripts[child] ?? [], hasBegun: !thread.isTraced,
        isTraced: thread.isTraced)
      // Nobody is told of it: it is done.
      if !thread.isTraced { world.threads[id]?.position += 1 }
    case .exec where !thread.isExecuting && thread.isTraced:
      world.threads[id]?.isExecuting = true
      for (other, life) in threads where other != id && life.process == thread.process && !life.isGone {
        world.threads[other]?.isStopped = false
        if other == thread.process {
          world.threads[other]?.isVanishing = true
        } else if !life.isTraced {
          world.threads[other]?.isGone = true
        } else {
          world.threads[other]?.isKilled = true
        }
      }
    default: return nil
    }
    return world
  }

  /// What a thread does that nobody traces. Executing programs is left out: then it is the tracer's no more.
  private func untracedAct(of id: Int32, _ thread: Thread) -> World? {
    var world = self
    world.threads[id]?.position += 1
    switch act(of: thread) {
    case .signal: return world
    case .exit:
      world.threads[id]?.isGone = true
      return world
    case .spawn, .exec, nil: return nil
    }
  }

  /// What `waitpid` may report of a thread now.
  private func report(of id: Int32, _ thread: Thread) -> Successor? {
    var world = self
    let others = threads.filter { $0.key != id && $0.value.process == thread.process && !$0.value.isGone }
    if thread.isKilled {
      // The leader's report is the last of its process.
      guard id != thread.process || others.isEmpty else { return nil }
      world.threads[id]?.isGone = true
      return (world, (id, .killed(signal: 9, dumpedCore: false)))
    }
    if !thread.hasBegun {
      world.threads[id]?.hasBegun = true
      world.threads[id]?.isStopped = true
      return (world, (id, .stopped(.trap)))
    }
    guard let act = act(of: thread) else { return nil }
    world.threads[id]?.position += 1
    world.threads[id]?.isStopped = true
    world.threads[id]?.mustStop = false
    switch act {
    case .spawn(let kind, let child):
      return threads[child] == nil ? nil : (world, (id, .stopped(.birth(kind, child: child))))
    case .signal(let number): return (world, (id, .stopped(.signal(number))))
    case .exit(let status):
      guard id != thread.process || others.isEmpty else { return nil }
      world.threads[id]?.isGone = true
      return (world, (id, .exited(status: status)))
    case .exec:
      // The executing thread waits until all others are reaped, and takes the leader's place and id.
      guard thread.isExecuting, !others.contains(where: { $0.key != thread.process }) else { return nil }
      var executed = thread
      executed.position += 1
      executed.isStopped = true
      executed.isExecuting = false
      executed.mustStop = false
      world.threads[id] = nil
      world.threads[thread.process] = executed
      return (world, (thread.process, .stopped(.exec(former: id))))
    }
  }
}
