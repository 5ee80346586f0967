// Swift's ways to end a program: fatalError, a forced nil, an index out of range, an overflow. MODE is the argument.
// swift-format-ignore-file: NeverForceUnwrap
let mode = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : ""
@inline(never) func opaque<T>(_ value: T) -> T { value }

struct Cellar { var bottles: [Int] }

switch mode {
case "fatal": fatalError("the cellar is \(opaque("empty"))")
case "nil": print((opaque(nil) as Int?)!)
case "index": print(Cellar(bottles: [1, 2]).bottles[opaque(5)])
case "overflow": print(opaque(Int.max) + opaque(1))
case "precondition": precondition(opaque(1) == 2, "one is not two")
default: print("no mode")
}
