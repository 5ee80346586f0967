package import Bytes
internal import CLinux
package import SystemCalls
package import Tracing

/// Follows a program on the calling thread, while another one writes down what happens.
package final class TraceSession {
  private let options: FollowOptions
  private let table: CallTable
  private let queue = RecordQueue()
  private let tracer: Tracer
  /// Names of functions, filled as they are found.
  package let functions = FunctionTable()
  /// Stacks, filled as they are met.
  package let stacks = StackTable()
  /// When it began, on the monotonic clock, in nanoseconds.
  package let start = inquest_nanoseconds()
  private var sinks: [any TraceSink] = []
  private var root: Int32 = 0
  private var end: TraceEvent.End?

  /// How it went.
  package enum Outcome: Equatable {
    case exited(status: Int32)
    case killed(signal: Int32)
    /// There is no such program, or it cannot be executed.
    case notStarted(errno: Int32)
    case notTraced(TracingError)
    /// What was attached to has been let go, or has ended.
    case left
  }

  package init(_ options: FollowOptions, table: CallTable) {
    self.options = options
    self.table = table
    // Ends are told without their stop before it, unless files are to be looked at then.
    tracer = Tracer(options: options.watchesFiles ? Tracer.allOptions : Tracer.allOptions & ~(1 << 6))
  }

  package func add(_ sink: any TraceSink) { sinks.append(sink) }

  /// Adds what shows the calls that were asked for, and not those that are followed for the table of files besides.
  package func addForChosen(_ sink: any TraceSink) {
    if let chosen = options.calls, options.watchesFiles { add(ChosenCalls(chosen, for: sink)) } else { add(sink) }
  }

  /// Runs a command to the end of its tree.
  package func run(_ command: [String], environment: [String], undecoded: UndecodedTexts) -> Outcome {
    var isFiltered = false
    var filter: SeccompFilter?
    if let calls = options.calls {
      isFiltered = true
      let watched = calls.union(FollowOptions.needed(options, table))
      let stopped = watched.union(ProcessorKeeper.needed(besides: watched, table) ?? [])
      if !stopped.isEmpty { filter = SeccompFilter(traced: stopped) }
    }
    let started: StartedProgram
    do throws(TracingError) {
      started = try tracer.start(command, environment: environment, undecoded: undecoded, filter: filter)
    } catch {
      return .notTraced(error)
    }
    root = started.process
    defer { started.close() }
    inquest_relay_begin()
    if let error = follow(
      isFiltered: isFiltered,
      until: {
        self.relay(); return false
      })
    {
      return .notTraced(error)
    }
    if let errno = started.failure(), end == .exited(status: 127) { return .notStarted(errno: errno) }
    switch end {
    case .exited(let status): return .exited(status: status)
    case .killed(let signal, _): return .killed(signal: signal)
    default: return .exited(status: 0)
    }
  }

  /// Follows processes that run, until they end or somebody asks us to stop (SIGINT, SIGTERM, SIGHUP).
  package func attach(_ processes: [Int32]) -> Outcome {
    do throws(TracingError) {
      for process in processes { try tracer.attach(process: process) }
    } catch {
      return .notTraced(error)
    }
    inquest_relay_begin()
    let error = follow(
      isFiltered: options.calls == [] && !options.watchesFiles,
      until: {
        var signal = inquest_relayed()
        while unsafe inquest_relay_take(&signal) == 1 { if [1, 2, 3, 15].contains(signal.number) { return true } }
        return false
      })
    return error.map { .notTraced($0) } ?? .left
  }

  private func follow(isFiltered: Bool, until leaves: () -> Bool) -> TracingError? {
    let stackTaker = options.takesStacks ? StackTaker(stacks) : nil
    let watch =
      options.functions.isEmpty
      ? nil
      : FunctionWatch(
        options.functions, table: functions, queue: queue, stacks: stackTaker, limits: options.limits,
        onward: isFiltered ? .run : .untilSystemCall)
    let follower = CallFollower(
      tracer, queue: queue, options: options, table: table, isFiltered: isFiltered, stacks: stackTaker,
      functions: watch, isBegun: root == 0)
    follower.processEnded = { [weak self, unowned follower] process, end in
      guard let self, process == root else { return }
      self.end = end
      if options.endsWithMain { follower.endAll() }
    }
    let writer = Writer(CallAssembler(table, sinks: sinks), queue)
    writer.start()
    var problem: TracingError?
    do throws(TracingError) {
      try follower.run(until: leaves)
    } catch {
      problem = error
    }
    queue.finish()
    writer.join()
    return problem
  }

  /// Passes signals on that were sent to us and are meant for the program. The keys of a terminal go to its whole
  /// foreground group, which the program is in as well as we are.
  private func relay() {
    var signal = inquest_relayed()
    while unsafe inquest_relay_take(&signal) == 1 {
      let isOfTerminal = signal.code == 128 && inquest_process_group(root) == inquest_process_group(0)
      if !isOfTerminal { _ = inquest_kill(root, signal.number) }
    }
  }
}

extension FollowOptions {
  /// The calls that a filter stops for besides those that were asked for.
  static func needed(_ options: FollowOptions, _ table: CallTable) -> Set<Int> {
    options.watchesFiles ? Set(FileTable.calls.compactMap(table.number)) : []
  }
}

/// The thread that writes.
private final class Writer: @unchecked Sendable {
  private let assembler: CallAssembler
  private let queue: RecordQueue
  private var worker: UInt64 = 0
  private var isRunning = false

  init(_ assembler: CallAssembler, _ queue: RecordQueue) {
    self.assembler = assembler
    self.queue = queue
  }

  func start() {
    let context = unsafe Unmanaged.passRetained(self).toOpaque()
    let result = unsafe inquest_worker_start(
      { context in
        guard let context = unsafe context else { return }
        let writer = unsafe Unmanaged<Writer>.fromOpaque(context).takeRetainedValue()
        writer.assembler.run(writer.queue) { inquest_nanoseconds() }
      }, context, &worker)
    isRunning = result == 0
    if !isRunning { unsafe Unmanaged<Writer>.fromOpaque(context).release() }
  }

  /// Waits until all is written; where there was no thread to be had, writes it now.
  func join() {
    if isRunning { inquest_worker_join(worker) } else { assembler.run(queue) { inquest_nanoseconds() } }
  }
}
