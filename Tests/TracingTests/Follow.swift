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
  /// How the first process ended.
  var end: TraceEvent.End?

  /// Follows a command to the end, on a thread of its own: the kernel knows a tracer by its thread.
  ///
  /// - Parameter keeps: whether all events are kept; a storm has too many.
  static func follow(_ command: [String], keepsEvents: Bool = true) async throws -> Run {
    try await withCheckedThrowingContinuation { continuation in
      Thread {
        continuation.resume(with: Result { try Run(command, keepsEvents) })
      }.start()
    }
  }

  private init(_ command: [String], _ keepsEvents: Bool) throws {
    let tracer = Tracer()
    let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
    let program = try tracer.start(command, environment: environment)
    living.insert(program.process)
    while let occurrence = try tracer.next() {
      see(occurrence.event, program.process)
      if keepsEvents { events.append(occurrence.event) }
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
