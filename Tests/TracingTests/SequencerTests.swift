import Testing
import Tracing

/// Every order in which the reports of up to four threads may arrive, SIGKILL at any moment included.
@Suite("Reports in any order")
struct SequencerTests {
  typealias Act = World.Act

  static let worlds: [(name: String, world: World)] = [
    ("one thread with signals", World([1: [.signal(10), .signal(12), .exit(0)]])),
    (
      "three children of one thread",
      World([
        1: [.spawn(.clone, 2), .spawn(.clone, 3), .spawn(.clone, 4), .exit(0)],
        2: [.exit(0)], 3: [.signal(10), .exit(0)], 4: [.exit(0)],
      ])
    ),
    (
      "a chain of four",
      World([
        1: [.spawn(.clone, 2), .exit(7)], 2: [.spawn(.clone, 3), .exit(0)], 3: [.spawn(.clone, 4), .exit(0)],
        4: [.exit(0)],
      ])
    ),
    (
      "a process of a thread of a process",
      World([
        1: [.spawn(.fork, 2), .spawn(.vfork, 4), .exit(0)], 2: [.spawn(.clone, 3), .exit(3)],
        3: [.signal(11), .exit(0)],
        4: [.exec, .exit(4)],
      ])
    ),
    (
      "an exec by a thread that is not the leader",
      World([
        1: [.spawn(.clone, 2), .spawn(.clone, 3), .signal(10), .exit(0)], 2: [.exec, .exit(5)],
        3: [.signal(12), .exit(0)],
      ])
    ),
    (
      "execs by two threads at once",
      World([1: [.spawn(.clone, 2), .spawn(.clone, 3), .exit(0)], 2: [.exec, .exit(5)], 3: [.exec, .exit(6)]])
    ),
    (
      "an exec while a child is being made",
      World([1: [.spawn(.clone, 2), .spawn(.fork, 4), .exit(0)], 2: [.exec, .exit(5)], 4: [.exit(0)]])
    ),
  ]

  @Test("lead to events in an order that makes sense", arguments: worlds.indices, [0, 1, 2])
  func everyOrder(index: Int, kills: Int) {
    var world = Self.worlds[index].world
    world.remainingKills = kills
    var search = Search()
    search.explore(world)
    #expect(search.problems.isEmpty, "\(Self.worlds[index].name): \(Array(search.problems.prefix(3)))")
    #expect(search.endings > 0)
  }
}

/// The same, of a process that runs already: its threads make others, execute and end while they are attached to.
@Suite("Reports of threads that are attached to")
struct AttachedSequencerTests {
  static let worlds: [(name: String, world: World)] = [
    (
      "threads that make threads meanwhile",
      World(
        running: [1: [.spawn(.clone, 3), .exit(0)], 2: [.spawn(.clone, 4), .exit(0)], 3: [.exit(0)], 4: [.exit(0)]],
        threads: [1, 2])
    ),
    (
      "an exec by a thread that is not the leader",
      World(
        running: [1: [.signal(10), .exit(0)], 2: [.exec, .exit(5)], 3: [.signal(12), .exit(0)]], threads: [1, 2, 3])
    ),
    (
      "a leader that is gone, and an exec",
      World(running: [1: [.exit(0)], 2: [.signal(10), .exec, .exit(5)], 3: [.exit(0)]], threads: [1, 2, 3])
    ),
    (
      "children of children",
      World(
        running: [
          1: [.spawn(.fork, 3), .exit(0)], 2: [.signal(10), .exit(0)], 3: [.spawn(.clone, 4), .exit(0)], 4: [.exit(0)],
        ],
        threads: [1, 2])
    ),
  ]

  @Test("lead to events in an order that makes sense", arguments: worlds.indices, [0, 1])
  func everyOrder(index: Int, kills: Int) {
    var world = Self.worlds[index].world
    world.remainingKills = kills
    var search = Search()
    search.exploreAttaching(world)
    #expect(search.problems.isEmpty, "\(Self.worlds[index].name): \(Array(search.problems.prefix(3)))")
    #expect(search.endings > 0)
  }
}

/// Goes through all orders, each state once.
private struct Search {
  private struct State: Hashable {
    var world: World
    var sequencer: Sequencer
    var witness: Witness
    /// The tracer still attaches: it reads no reports before it has found all threads.
    var isAttaching = false
  }

  var problems: Set<String> = []
  var endings = 0
  private var seen: Set<State> = []

  private var kills = false

  mutating func explore(_ world: World) {
    // An exec kills the other threads, creators that have not spoken among them.
    kills = world.remainingKills > 0 || world.scripts.values.contains { $0.contains(.exec) }
    var sequencer = Sequencer()
    sequencer.adopt(1, process: 1)
    var witness = Witness()
    witness.living[1] = 1
    explore([State(world: world, sequencer: sequencer, witness: witness)])
  }

  mutating func exploreAttaching(_ world: World) {
    kills = true
    explore([State(world: world, sequencer: Sequencer(), witness: Witness(mayEndTwice: true), isAttaching: true)])
  }

  private mutating func explore(_ states: [State]) {
    var open = states
    while let state = open.popLast() {
      guard seen.insert(state).inserted else { continue }
      let next = successors(of: state)
      if next.isEmpty { finish(state) }
      open += next
    }
  }

  private mutating func successors(of state: State) -> [State] {
    if state.isAttaching { return whileAttaching(state) }
    var next: [State] = []
    for successor in state.world.successors() {
      var following = State(world: successor.world, sequencer: state.sequencer, witness: state.witness)
      if let (thread, report) = successor.report {
        let events = following.sequencer.take(thread, report) { state.world.isOfProcess($0, $1) }
        apply(events, to: &following)
      }
      next.append(following)
    }
    // The tracer may look into /proc at any time.
    for thread in state.sequencer.unannounced {
      guard let process = state.world.threads[thread]?.process else { continue }
      var following = state
      apply(following.sequencer.identify(thread, process: process, parent: 1), to: &following)
      next.append(following)
    }
    return next
  }

  private func whileAttaching(_ state: State) -> [State] {
    let attachable = state.world.attachable
    var next = state.world.successors().filter { $0.report == nil }.map {
      State(world: $0.world, sequencer: state.sequencer, witness: state.witness, isAttaching: true)
    }
    for thread in attachable {
      var following = state
      following.world.attach(thread)
      following.sequencer.attach(thread, process: state.world.threads[thread]?.process ?? 1)
      next.append(following)
    }
    if attachable.isEmpty {
      var following = state
      following.isAttaching = false
      next.append(following)
    }
    return next
  }

  private mutating func apply(_ events: [TraceEvent], to state: inout State) {
    for event in events {
      if let problem = state.witness.see(event) { problems.insert(problem) }
      // Whoever is told to stand still is resumed at once.
      if let thread = event.stoppedThread { state.world.threads[thread]?.isStopped = false }
    }
  }

  private mutating func finish(_ state: State) {
    endings += 1
    if !state.world.isOver { problems.insert("somebody stands still for ever: \(state.world.threads)") }
    if !state.sequencer.isEmpty { problems.insert("somebody is remembered who is gone") }
    if !kills, state.sequencer.awaitsCreators {
      problems.insert("a creator is waited for that has spoken")
    }
    if !state.witness.living.isEmpty { problems.insert("no end was told of \(state.witness.living)") }
  }
}

/// What has been told, and whether it made sense.
private struct Witness: Hashable {
  /// The process of each thread that was born and has not ended.
  var living: [Int32: Int32] = [:]
  var created: Set<Int32> = []
  var endedProcesses: Set<Int32> = []
  /// Where the leader was gone before anybody was attached to, nobody tells of the process's end: it is told with that of
  /// the last thread that is known, and a newborn may be heard of later.
  var mayEndTwice = false

  mutating func see(_ event: TraceEvent) -> String? {
    switch event {
    case .born(let identity, _, _):
      guard living[identity.thread] == nil else { return "\(event): born twice" }
      guard mayEndTwice || !endedProcesses.contains(identity.process) else { return "\(event): its process has ended" }
      living[identity.thread] = identity.process
    case .attached(let identity):
      guard living[identity.thread] == nil else { return "\(event): known already" }
      living[identity.thread] = identity.process
    case .creation(let identity, let child, _):
      guard living[identity.thread] == identity.process else { return "\(event): the creator is not alive" }
      guard created.insert(child).inserted else { return "\(event): created twice" }
    case .stopped(let identity, _):
      guard living[identity.thread] == identity.process else { return "\(event): before its birth or after its end" }
    case .executed(let identity, _):
      guard living.filter({ $0.value == identity.process }).map(\.key) == [identity.thread] else {
        return "\(event): others still live"
      }
    case .ended(let identity, _):
      // The leader whose place is taken lives on under its id.
      if case .ended(_, .replaced) = event {
        return living[identity.thread] == nil ? "\(event): unknown" : formerEnds(identity)
      }
      guard living.removeValue(forKey: identity.thread) == identity.process else { return "\(event): not alive" }
    case .processEnded(let process, _):
      guard !living.values.contains(process) else { return "\(event): threads still live" }
      guard endedProcesses.insert(process).inserted || mayEndTwice else { return "\(event): ended twice" }
    }
    return nil
  }

  /// The executing thread gives up its own id for the leader's.
  private mutating func formerEnds(_ leader: TraceEvent.Identity) -> String? {
    living = living.filter { $0.value != leader.process || $0.key == leader.thread }
    return nil
  }
}
