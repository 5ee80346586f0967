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

/// Entries that are none, or are there twice, as whoever starts a program may give it: the program starts itself with them.
enum StrangeEnvironment {
  static func start() -> Int32 {
    let texts = ["TWICE", "TWICE=first", "TWICE=second", "NO_SIGN", "=", "=A=b", "", "EMPTY=", "BYTES=?"]
    var list: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
    // A byte that begins nothing in UTF-8.
    list[texts.count - 1]?[6] = CChar(bitPattern: 0xff)
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("handrail-trial"), strdup("tell-environment"), nil]
    var child: pid_t = 0
    var status: Int32 = 0
    guard posix_spawn(&child, "/proc/self/exe", nil, nil, &arguments, &list) == 0 else { return 1 }
    return waitpid(child, &status, 0) == child ? status : 1
  }

  static func tell() {
    print(ProcessEnvironment.entries().map { "\($0.name)|\($0.value ?? "nil")" }.joined(separator: " "))
    let snapshot = ProcessEnvironment.snapshot()
    for name in ["TWICE", "NO_SIGN", "EMPTY", "BYTES", "", "=", "=A"] {
      print("\(name): \(ProcessEnvironment.get(name) ?? "nil"), \(snapshot[name] ?? "nil")")
    }
    print("\(snapshot.count) in all")
  }
}
