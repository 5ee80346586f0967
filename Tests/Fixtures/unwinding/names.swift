// A generic function, a method, a private function and a closure, whose names a report has to make readable.
struct Box<Value> {
  var value: Value
  @inline(never) func weigh(_ by: Int) -> Int { MemoryLayout<Value>.size * by }
}

@inline(never) private func hidden(_ numbers: [Int]) -> Int {
  numbers.map { $0 &* 3 }.reduce(0, +)
}

@inline(never) func doubled<Number: BinaryInteger>(_ number: Number) -> Number { number * 2 }

print(Box(value: 1 as UInt8).weigh(CommandLine.arguments.count), hidden([1, 2]), doubled(4))
