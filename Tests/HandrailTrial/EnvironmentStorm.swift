import Foundation
import Handrail

/// Threads that read the environment, by all means there are, while others set and unset variables.
struct EnvironmentStorm {
  let milliseconds: Int

  func run() -> Int {
    let ends = Date().addingTimeInterval(Double(milliseconds) / 1000)
    setenv("ALWAYS", "here", 1)
    let wrong = Sum()
    DispatchQueue.concurrentPerform(iterations: 6) { number in
      var turn = number
      while Date() < ends {
        turn += 1
        wrong.add(number < 2 ? write(turn) : number == 5 ? start() : read())
      }
    }
    print("\(wrong.value) wrong")
    return wrong.value
  }

  private func write(_ turn: Int) -> Int {
    do {
      try ProcessEnvironment.set("ADDED_\(turn % 500)", to: "value")
      try ProcessEnvironment.unset("ADDED_\(turn * 7 % 500)")
    } catch { return 1 }
    return setenv("CHANGED", turn % 2 == 0 ? "short" : "a longer value than that", 1) == 0 ? 0 : 1
  }

  private func read() -> Int {
    var wrong = 0
    if getenv("ALWAYS").map({ String(cString: $0) }) != "here" { wrong += 1 }
    if ProcessInfo.processInfo.environment["ALWAYS"] != "here" { wrong += 1 }
    if ProcessEnvironment.get("ALWAYS") != "here" { wrong += 1 }
    if ProcessEnvironment.snapshot()["ALWAYS"] != "here" { wrong += 1 }
    return wrong
  }

  /// posix_spawn counts the entries, and then copies them.
  private func start() -> Int {
    var child: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
    defer { free(arguments[0]) }
    guard posix_spawn(&child, "/bin/true", nil, nil, &arguments, environ) == 0 else { return 1 }
    var status: Int32 = 0
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1
  }
}

final class Sum: @unchecked Sendable {
  private let lock = NSLock()
  private var sum = 0
  func add(_ number: Int) { lock.withLock { sum += number } }
  var value: Int { lock.withLock { sum } }
}
