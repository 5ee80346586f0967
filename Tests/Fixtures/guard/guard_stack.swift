// Shows a recursion without end in Swift: on the main thread, a Thread, a Task's thread, a queue's.
import Dispatch
import Foundation

@inline(never) func deep(_ turns: Int, _ values: [Int]) -> Int {
  turns < 0 ? 0 : deep(turns + 1, values) + values[turns % values.count]
}

let values = [1, 2, 3]
let mode = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "main"
switch mode {
case "thread":
  let thread = Thread { print(deep(0, values)) }
  thread.start()
  Thread.sleep(forTimeInterval: 60)
case "task":
  Task.detached { print(deep(0, values)) }
  Thread.sleep(forTimeInterval: 60)
case "dispatch":
  DispatchQueue.global().async { print(deep(0, values)) }
  Thread.sleep(forTimeInterval: 60)
default:
  print(deep(0, values))
}
