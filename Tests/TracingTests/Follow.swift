import Foundation
import Tracing

/// What the tracer told of a run.
struct Run: Sendable {
  var events: [TraceEvent] = []
  var births = 0
  var ends = 0
  /// Threads that were born and have not ended.
  var living: Set<Int32> = []
  /// What made no sense.
  var problems: [String] = []
  /// Stops for system calls that tell of none: a SIGKILL has ended them.
  var sawNoCall = 0
  /// How the first process ended.
  var end: TraceEvent.End?

  /// Follows a command to the end, on a thread of its own: the kernel knows a tracer by its thread.
  ///
  /// - Parameter keepsEvents: whether all events are kept; a storm has too many.
  /// - Parameter begun: called with the id of the first process, before it executes the command.
  static func follow(
    _ command: [String], _ way: Way = .events, keepsEvents: Bool = true,
    begun: @escaping @Sendable (Int32) -> Void = { _ in }
  ) async throws -> Run {
    try await onThread { try Run(command, way, keepsEvents, begun) }
  }

  /// Runs something on a thread of its own.
  static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      Thread {
        continuation.resume(with: Result { try body() })
      }.start()
    }
  }

  /// For what a program stops.
  enum Way: CaseIterable {
    /// For births, execs, signals and ends.
    case events
    /// For every system call as well.
    case systemCalls
    /// For those that open or execute something, by a filter; and their results.
    case filter
  }

  static let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }

  private init(_ command: [String], _ way: Way, _ keepsEvents: Bool, _ begun: (Int32) -> Void) throws {
    let tracer = Tracer()
    let filter = way == .filter ? SeccompFilter(traced: [2, 59, 257], seesClone3: true) : nil
    let program = try tracer.start(command, environment: Self.environment, filter: filter)
    living.insert(program.process)
    begun(program.process)
    while var occurrence = try tracer.next() {
      let event = occurrence.event
      see(event, program.process)
      if keepsEvents { events.append(event) }
      guard let stopped = occurrence.stopped.take() else { continue }
      switch (way, event) {
      case (.filter, .stopped(_, .seccomp)): stopped.resume(.untilSystemCall)
      case (.systemCalls, .stopped(_, .systemCall)):
        if stopped.systemCall() == nil { sawNoCall += 1 }
        stopped.resume(.untilSystemCall)
      case (.systemCalls, _): stopped.resume(.untilSystemCall)
      default: stopped.resume()
      }
    }
    program.close()
    if !living.isEmpty { problems.append("no end was told of \(living)") }
  }

  private mutating func see(_ event: TraceEvent, _ first: Int32) {
    switch event {
    case .born(let identity, _, _):
      births += 1
      if !living.insert(identity.thread).inserted { problems.append("\(event): born twice") }
    case .attached(let identity):
      if !living.insert(identity.thread).inserted { problems.append("\(event): known already") }
    case .creation(let identity, _, _), .stopped(let identity, _):
      if !living.contains(identity.thread) { problems.append("\(event): not alive") }
    case .executed(let identity, let former):
      if former != identity.thread { living.remove(former) }
    case .ended(_, .replaced): ends += 1
    case .ended(let identity, _):
      ends += 1
      if living.remove(identity.thread) == nil { problems.append("\(event): not alive") }
    case .processEnded(let process, let how):
      if process == first { end = how }
    }
  }
}
