// Swift's ways to end a program: fatalError, a forced nil, an index out of range, an overflow. MODE is the argument.
// swift-format-ignore-file: NeverForceUnwrap
let mode = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : ""
@inline(never) func opaque<T>(_ value: T) -> T { value }

struct Cellar { var bottles: [Int] }
class Vessel { let volume = 5 }
final class Bottle: Vessel {}
final class Shelf {
  unowned let vessel: Vessel
  init(_ vessel: Vessel) { self.vessel = vessel }
}

switch mode {
case "fatal": fatalError("the cellar is \(opaque("empty"))")
case "nil": print((opaque(nil) as Int?)!)
case "index": print(Cellar(bottles: [1, 2]).bottles[opaque(5)])
case "overflow": print(opaque(Int.max) + opaque(1))
case "precondition": precondition(opaque(1) == 2, "one is not two")
case "message": fatalError("the cellar holds \(opaque(12)) bottles")
case "decoy":
  // A line of another program's log, in memory for a good reason.
  let log = opaque("log.swift:7") + ": Fatal error: nothing of ours, and long enough for the heap"
  withExtendedLifetime(log) { fatalError("the cellar holds \(opaque(12)) bottles") }
case "cast": print((opaque("text") as Any) as! Int)
case "unowned":
  var vessel: Vessel? = opaque(Bottle())
  let shelf = Shelf(vessel!)
  vessel = nil
  print(shelf.vessel.volume)
default: print("no mode")
}
