package import SystemCalls

/// Tells each change of the environment, and each reading of it that was under way on another thread meanwhile.
///
/// Two calls are told as a race where each had begun before the other had ended, of which one changes the environment and
/// they are of two threads of one process. A lock that a program holds around both calls makes that impossible, since both
/// beginnings and both ends are seen within it: so what is told here is not ordered by anything.
package final class EnvironmentRaces: TraceSink {
  package static let writers: Set<String> = ["setenv", "putenv", "unsetenv", "clearenv"]
  package static let readers: Set<String> = ["getenv", "secure_getenv"]

  private struct Active {
    let use: EnvironmentUse
    let isWriter: Bool
  }

  private struct Pair: Hashable {
    let first: EnvironmentPlace
    let second: EnvironmentPlace
  }

  private let names: any FunctionNames
  private let limits: CallLimits
  private let listener: any EnvironmentListener
  private var active: [Int32: [Active]] = [:]
  private var told: [Pair: Int] = [:]
  /// How many changes, readings and races there were.
  package private(set) var changes = 0
  package private(set) var readings = 0
  package private(set) var races = 0

  package init(names: any FunctionNames, limits: CallLimits, listener: any EnvironmentListener) {
    self.names = names
    self.limits = limits
    self.listener = listener
  }

  package func take(_ item: TraceItem, time: UInt64, thread: Int32, process: Int32) {
    switch item {
    case .function(let call): take(call, time, thread, process)
    case .ended: active[process]?.removeAll { $0.use.thread == thread }
    case .processEnded, .executed: active[process] = nil
    default: break
    }
  }

  private func take(_ call: FunctionCall, _ time: UInt64, _ thread: Int32, _ process: Int32) {
    let name = names.name(call.index)
    let isWriter = Self.writers.contains(name)
    guard isWriter || Self.readers.contains(name) else { return }
    if call.value != nil {
      // The innermost: putenv may call setenv.
      if let index = active[process]?.lastIndex(where: { $0.use.thread == thread && $0.use.place.name == name }) {
        active[process]?.remove(at: index)
      }
      return
    }
    var described = CallText()
    FunctionText.append(call, names, limits, to: &described)
    let use = EnvironmentUse(
      place: EnvironmentPlace(name: name, stack: call.stack),
      text: String(decoding: described.bytes.dropFirst("library ".utf8.count), as: UTF8.self),
      process: process, thread: thread, time: time)
    // A function of libc that calls another one is one change.
    let isInner = active[process]?.contains { $0.use.thread == thread } ?? false
    if !isInner {
      if isWriter { changes += 1 } else { readings += 1 }
      if isWriter { listener.changed(use) }
    }
    var others: Set<Int32> = []
    for other in active[process] ?? [] where other.use.thread != thread && (isWriter || other.isWriter) && !isInner {
      guard others.insert(other.use.thread).inserted else { continue }
      races += 1
      let pair = Pair(first: use.place, second: other.use.place)
      told[pair, default: 0] += 1
      // The same two places again are counted, not told.
      if told[pair] == 1 { listener.raced(use, while: other.use) }
    }
    if (active[process]?.count ?? 0) < 4096 {
      active[process, default: []].append(Active(use: use, isWriter: isWriter))
    }
  }

  package func pause() { listener.pause() }

  package func finish() {
    listener.finish(
      EnvironmentCounts(changes: changes, readings: readings, races: races, racingPlaces: told.count))
  }
}

/// Where in a program the environment is used: which function was called, and from which stack (0 where it is unknown).
package struct EnvironmentPlace: Hashable, Sendable {
  package let name: String
  package let stack: Int32
}

/// A call that changes or reads the environment.
package struct EnvironmentUse: Sendable {
  package let place: EnvironmentPlace
  /// The call with its arguments.
  package let text: String
  package let process: Int32
  package let thread: Int32
  /// When it began, in nanoseconds on the monotonic clock.
  package let time: UInt64
}

/// What there was in all.
package struct EnvironmentCounts: Sendable {
  package let changes: Int
  package let readings: Int
  package let races: Int
  /// Pairs of places that raced.
  package let racingPlaces: Int
}

/// Is told of changes of the environment, and of races.
package protocol EnvironmentListener: AnyObject {
  func changed(_ use: EnvironmentUse)
  /// A use began while another thread was in `other`. Told once for two places.
  func raced(_ use: EnvironmentUse, while other: EnvironmentUse)
  func pause()
  func finish(_ counts: EnvironmentCounts)
}
