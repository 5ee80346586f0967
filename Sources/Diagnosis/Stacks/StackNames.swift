internal import Targets

extension StackRegion {
  /// "the stack of thread 12", "the main thread's stack".
  var name: String {
    switch kind {
    case .main: "the main thread's stack"
    case .thread(let tid): "the stack of thread \(tid)"
    case .signalStack: "the alternate signal stack"
    case .data(let module): "a stack inside the data of \(module)"
    case .other: isInHeap ? "a stack inside the heap" : "a stack segment that the program mapped itself"
    }
  }

  /// Whether a signal handler alone runs on it.
  var isSignalStack: Bool {
    if case .signalStack = kind { true } else { false }
  }
}

extension Investigation {
  /// The stack that contains `address`; nil where nothing writable is mapped there.
  func stack(containing address: UInt64, alternate: Range<UInt64>?) -> StackRegion? {
    target.stackRegion(containing: address, alternateStack: alternate)
  }

  /// The stack whose low end `address` has crossed: it lies in the guard below, or at most `distance` below.
  func stack(above address: UInt64, within distance: UInt64, alternate: Range<UInt64>?) -> StackRegion? {
    target.stackRegion(leftAt: address, reach: distance, alternateStack: alternate)
  }
}
