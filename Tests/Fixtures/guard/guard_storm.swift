// Threads of Swift that read the environment, by getenv and as Foundation does, while others set and unset variables.
// MILLISECONDS long.
import Foundation

let ends = Date().addingTimeInterval(Double(CommandLine.arguments[1])! / 1000)
setenv("ALWAYS", "here", 1)

func write(_ number: Int) -> Int {
  var wrong = 0
  var turn = number
  while Date() < ends {
    turn += 1
    if setenv("ADDED_\(turn % 500)", "value", 1) != 0 { wrong += 1 }
    if unsetenv("ADDED_\(turn * 7 % 500)") != 0 { wrong += 1 }
  }
  return wrong
}

func read() -> Int {
  var wrong = 0
  while Date() < ends {
    if getenv("ALWAYS").map({ String(cString: $0) }) != "here" { wrong += 1 }
    if ProcessInfo.processInfo.environment["ALWAYS"] != "here" { wrong += 1 }
  }
  return wrong
}

final class Sum: @unchecked Sendable {
  let lock = NSLock()
  var wrong = 0
}
let sum = Sum()
DispatchQueue.concurrentPerform(iterations: 4) { number in
  let wrong = number < 2 ? write(number) : read()
  sum.lock.withLock { sum.wrong += wrong }
}
print("\(sum.wrong) wrong")
exit(sum.wrong == 0 ? 0 : 1)
