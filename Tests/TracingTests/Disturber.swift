import Foundation
import Synchronization

/// Somebody outside who sends signals to a program and all its descendants, at random moments.
final class Disturber: Sendable {
  enum Kind {
    /// Stops and continues them, and sends what nobody handles.
    case stops
    /// And kills one of them.
    case stopsAndKill
  }

  private let kind: Kind
  private let count = Atomic(0)
  private let isOver = Atomic(false)
  private let isDone = DispatchSemaphore(value: 0)

  init(_ kind: Kind) { self.kind = kind }

  func begin(with process: Int32) {
    Thread { [self] in
      disturb(process)
      isDone.signal()
    }.start()
  }

  /// Returns when nobody is disturbed any more: how many signals were sent.
  func end() -> Int {
    isOver.store(true, ordering: .relaxed)
    isDone.wait()
    return count.load(ordering: .relaxed)
  }

  private func disturb(_ process: Int32) {
    var untilKill = kind == .stopsAndKill ? Int.random(in: 0..<40) : -1
    while !isOver.load(ordering: .relaxed) {
      usleep(.random(in: 0..<400))
      guard let victim = Self.members(of: process).randomElement() else { return }
      untilKill -= 1
      if untilKill == 0 {
        send(SIGKILL, to: victim)
        continue
      }
      switch Int.random(in: 0..<4) {
      case 0: send(SIGWINCH, to: victim)
      case 1: send(SIGURG, to: victim)
      case 2:
        // Before its stop was seen.
        send(SIGSTOP, to: victim)
        send(SIGCONT, to: victim)
      default:
        send(SIGSTOP, to: victim)
        usleep(.random(in: 0..<3000))
        send(SIGCONT, to: victim)
      }
    }
  }

  /// Whoever has ended meanwhile gets nothing; ids are not used again for millions of processes.
  private func send(_ signal: Int32, to process: Int32) {
    if kill(process, signal) == 0 { count.add(1, ordering: .relaxed) }
  }

  /// A process and its descendants, as far as they were there when it was looked.
  private static func members(of process: Int32) -> [Int32] {
    var result: [Int32] = []
    var processes = [process]
    while let next = processes.popLast(), result.count < 100 {
      let folder = "/proc/\(next)/task"
      // Who has ended has none.
      let threads = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap(Int32.init)
      if !threads.isEmpty { result.append(next) }
      for thread in threads {
        guard let children = try? String(contentsOfFile: "\(folder)/\(thread)/children", encoding: .utf8) else {
          continue
        }
        processes += children.split(separator: " ").compactMap { Int32($0) }
      }
    }
    return result
  }
}
